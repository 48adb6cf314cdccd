import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import type { Config } from '../../src/config.ts';
import { findProgram, freePort, type RunningProgram, runProgram } from './programs.ts';
import { storedSamples } from './stored-samples.ts';

const prometheus = findProgram('prometheus');
const exporter = findProgram('prometheus-node-exporter') ?? findProgram('node_exporter');

/** Whether this machine has Prometheus and its exporter of a machine's metrics. */
export const hasPrometheus = prometheus !== undefined && exporter !== undefined;

/** A program at an address, with a directory of its own until it is ended. */
export interface ServedProgram extends RunningProgram {
  readonly url: string;
}

const RawSamples = z.object({
  data: z.object({
    result: z.array(
      z.object({
        metric: z.record(z.string(), z.string()),
        values: z.array(z.tuple([z.number(), z.string()])),
      }),
    ),
  }),
});

/** Scrapes an exporter every second, in the form that Prometheus and vmagent read. */
export function scrapeConfig(exporterUrl: string): string {
  const target = new URL(exporterUrl).host;
  return `
global: { scrape_interval: 1s }
scrape_configs:
  - { job_name: node, static_configs: [{ targets: ["${target}"] }] }
`;
}

/** Starts a node exporter. */
export async function startExporter(): Promise<ServedProgram> {
  const address = `127.0.0.1:${await freePort()}`;
  const url = `http://${address}`;
  return { url, ...(await runProgram(exporter!, [`--web.listen-address=${address}`], `${url}/metrics`)) };
}

/** Starts Prometheus with a configuration, on an empty store. */
export function startPrometheus(config: string, flags: readonly string[] = []): Promise<ServedProgram> {
  return startConfigured(prometheus!, config, '/-/ready', (address, path, directory) => [
    `--web.listen-address=${address}`,
    `--config.file=${path}`,
    `--storage.tsdb.path=${join(directory, 'data')}`,
    ...flags,
  ]);
}

/**
 * Starts a program that reads a file of settings.
 * @param readyPath answers once it is ready
 * @param argsOf its arguments: where to listen, the file, and a directory for what it keeps
 */
export async function startConfigured(
  program: string,
  config: string,
  readyPath: string,
  argsOf: (address: string, configPath: string, directory: string) => readonly string[],
): Promise<ServedProgram> {
  const directory = await mkdtemp(join(tmpdir(), 'hyperdash-real-client-'));
  const path = join(directory, 'config.yml');
  await writeFile(path, config);
  const address = `127.0.0.1:${await freePort()}`;
  const url = `http://${address}`;
  const running = await runProgram(program, argsOf(address, path, directory), `${url}${readyPath}`);
  return {
    url,
    async end() {
      await running.end();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** What a program counts of itself in Prometheus' format, summed over labels. */
export async function countedBy(url: string, metric: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const lines = text
    .split('\n')
    .filter((line) => line.startsWith(`${metric}{`) || line.startsWith(`${metric} `));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}

/** Every sample that Prometheus has of the ten minutes up to a time, a line each. */
export async function samplesIn(url: string, untilMs: number): Promise<string[]> {
  const query = new URLSearchParams({ query: '{__name__=~".+"}[10m]', time: String(untilMs / 1000) });
  const { data } = RawSamples.parse(await (await fetch(`${url}/api/v1/query?${query}`)).json());
  return data.result.flatMap(({ metric: { __name__, ...labels }, values }) =>
    values.map(([seconds, value]) =>
      sampleLine(__name__!, labels, Math.round(seconds * 1000), Number(value)),
    ),
  );
}

/** Every sample that we have, as {@link samplesIn} gives them; the program must have been stopped. */
export async function samplesOfOurs(config: Config): Promise<string[]> {
  const stored = await storedSamples(config);
  return stored.map(({ metric_name, labels, time_us, value }) =>
    sampleLine(metric_name, labels, time_us / 1000, value),
  );
}

function sampleLine(
  name: string,
  labels: Readonly<Record<string, string>>,
  timeMs: number,
  value: number,
): string {
  return `${name} ${JSON.stringify(Object.entries(labels).sort())} ${timeMs} ${value}`;
}
