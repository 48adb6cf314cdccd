#!/usr/bin/env node
import { Command, InvalidArgumentError } from 'commander';
import { type Config, ConfigError, parseConfig, SETTING_NAMES } from './config.ts';
import { HyperdashError } from './errors.ts';
import { VERSION } from './version.ts';

/** Exit codes: 1 for what went wrong while running, 2 for a configuration that cannot be run. */
const EXIT_FAILED = 1;
const EXIT_MISCONFIGURED = 2;

/** Where `seed` and `import` write, as given on the command line. */
interface SinkFlags {
  readonly url?: string;
  readonly apiKey?: string;
}

const program = new Command('hyperdash')
  .description('A typed metrics backend for dashboards on TimescaleDB')
  .version(VERSION)
  .showHelpAfterError();

const serve = program
  .command('serve')
  .description('run the server, and the embedded database unless DATABASE_URL is set');
for (const setting of SETTING_NAMES) serve.option(`${flagOf(setting)} <value>`, `overrides ${setting}`);
serve.action(async (flags: Record<string, string>) => {
  const { runServer } = await import('./cli/serve.ts');
  await runServer(parseConfig({ ...process.env, ...settingsFrom(flags) }));
});

program
  .command('migrate')
  .description('bring the schema of the database up to date')
  .action(async () => {
    const { runMigrations } = await import('./cli/migrate.ts');
    await runMigrations(parseConfig(process.env));
  });

withSink(program.command('seed'))
  .description('fill the database with made-up samples of CPU, memory and disk usage, every 10 s up to now')
  .option('--days <n>', 'days of history', wholeNumber, 7)
  .option('--hosts <n>', 'hosts: web-1, web-2, …', wholeNumber, 3)
  .option('--seed <n>', 'the same seed gives the same values', wholeNumber, 1)
  .action(
    async ({
      days,
      hosts,
      seed: number,
      ...flags
    }: SinkFlags & Record<'days' | 'hosts' | 'seed', number>) => {
      const { seed } = await import('./cli/seed.ts');
      await load((open, io) => seed({ days, hosts, seed: number, nowMs: Date.now() }, open, io), flags);
    },
  );

withSink(program.command('import <file.csv>'))
  .description('bring in one series from a CSV file with the columns timestamp and value')
  .requiredOption('--host <host>', 'host of the series')
  .requiredOption('--metric <name>', 'metric of the series')
  .option('--label <name=value...>', 'labels of the series')
  .action(async (path: string, { host, metric, label = [], ...flags }) => {
    const { importCsv } = await import('./cli/import.ts');
    await load((open, io) => importCsv({ path, host, metric, labels: label }, open, io), flags);
  });

const key = program
  .command('key')
  .description('API keys: make, list and revoke them; a running server takes note within a second')
  .option('--file <path>', 'the file of keys; API_KEYS_FILE where it is left out');

key
  .command('create <name>')
  .description('make a key and print it: it is shown this once')
  .requiredOption('--scope <scope...>', 'what it is for: read, write, admin')
  .option('--expires <duration>', 'how long it lasts, such as 90d; for ever where it is left out')
  .option('--host-prefix <prefix>', 'only for hosts that begin so')
  .option('--metric-prefix <prefix>', 'only for metrics that begin so')
  .action(async (name: string, flags: import('./cli/key.ts').NewKeyFlags) => {
    const { createKey } = await import('./cli/key.ts');
    console.log(createKey(keyFile(), name, flags, Date.now()));
  });

key
  .command('list')
  .description('what keys there are')
  .action(async () => {
    const { listKeys } = await import('./cli/key.ts');
    for (const line of listKeys(keyFile(), Date.now())) console.log(line);
  });

key
  .command('revoke <name>')
  .description('take a key away')
  .action(async (name: string) => {
    const { revokeKey } = await import('./cli/key.ts');
    revokeKey(keyFile(), name);
  });

function keyFile(): string {
  const path = key.opts<{ file?: string }>().file ?? process.env.API_KEYS_FILE;
  if (!path) throw new ConfigError(['API_KEYS_FILE: must name the file of keys, or give --file']);
  return path;
}

function withSink(command: Command): Command {
  return command
    .option('--url <url>', 'write to a running server instead of the database itself')
    .option('--api-key <key>', 'for that server; HYPERDASH_API_KEY where it is left out');
}

async function load(work: import('./cli/run-load.ts').LoadWork, { url, apiKey }: SinkFlags): Promise<void> {
  const { runLoad } = await import('./cli/run-load.ts');
  const target =
    url === undefined ? parseConfig(process.env) : { url, apiKey: apiKey ?? process.env.HYPERDASH_API_KEY };
  process.exitCode = await runLoad(work, target);
}

function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text) || Number(text) < 1)
    throw new InvalidArgumentError('must be a whole number from 1.');
  return Number(text);
}

function flagOf(setting: keyof Config): string {
  return `--${setting.toLowerCase().replaceAll('_', '-')}`;
}

function settingsFrom(flags: Record<string, string>): Record<string, string> {
  const bySquashedName = new Map(SETTING_NAMES.map((setting) => [setting.replaceAll('_', ''), setting]));
  return Object.fromEntries(
    Object.entries(flags).map(([flag, value]) => [bySquashedName.get(flag.toUpperCase()) ?? flag, value]),
  );
}

/** Reads `.env` where there is one; what the environment sets already stands. */
function loadEnvFile(): void {
  try {
    process.loadEnvFile();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

try {
  loadEnvFile();
  await program.parseAsync();
} catch (error) {
  if (error instanceof ConfigError) {
    for (const problem of error.problems) console.error(problem);
    process.exitCode = EXIT_MISCONFIGURED;
  } else {
    console.error(error instanceof HyperdashError ? error.message : error);
    process.exitCode = EXIT_FAILED;
  }
}
