import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { accessSync, chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import pg from 'pg';

/** A PostgreSQL installation of this machine that has TimescaleDB: the directory of its programs. */
export interface LocalInstallation {
  readonly binDir: string;
}

/** Looks for PostgreSQL with TimescaleDB on the PATH and where distributions put it; undefined where there is none. */
export function findLocalTimescale(): LocalInstallation | undefined {
  const packaged = listDirectory('/usr/lib/postgresql').map((version) =>
    join('/usr/lib/postgresql', version, 'bin'),
  );
  const onPath = (process.env.PATH ?? '').split(delimiter);
  const binDir = [...onPath, ...packaged.sort().reverse()].find(hasTimescale);
  return binDir === undefined ? undefined : { binDir };
}

function listDirectory(path: string): string[] {
  return existsSync(path) ? readdirSync(path) : [];
}

function hasTimescale(binDir: string): boolean {
  if (!['pg_config', 'initdb', 'postgres'].every((program) => existsSync(join(binDir, program))))
    return false;
  try {
    const shareDir = execFileSync(join(binDir, 'pg_config'), ['--sharedir'], { encoding: 'utf8' }).trim();
    accessSync(join(shareDir, 'extension', 'timescaledb.control'));
    return true;
  } catch {
    return false;
  }
}

/** A throw-away cluster, stopped and deleted by `stop`. */
export interface LocalServer {
  /** Of its `postgres` database, as superuser. */
  readonly url: string;
  /** Ends the server as its service manager would, clients or not, and keeps the cluster. */
  halt(): Promise<void>;
  /** Ends the server in mid-work, so that it has to recover. */
  crash(): Promise<void>;
  /** Starts it again, on the same port. */
  resume(): Promise<void>;
  /** A streaming replica of it, to be stopped on its own. */
  standby(): Promise<LocalServer>;
  stop(): Promise<void>;
}

/** Choices for a cluster. */
export interface LocalServerOptions {
  /** `name=value`, over those that make tests fast. */
  readonly settings?: readonly string[];
}

/** Makes and starts a cluster that listens on loopback alone and lasts for one run of the tests. */
export function startLocalServer(
  { binDir }: LocalInstallation,
  options: LocalServerOptions = {},
): Promise<LocalServer> {
  return startCluster(binDir, options, (dataDir, as) => {
    const initdb = ['-D', dataDir, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'];
    execFileSync(join(binDir, 'initdb'), initdb, as);
  });
}

type Fill = (
  dataDir: string,
  as: { uid?: number; gid?: number; cwd: string; stdio: ['ignore', 'ignore', 'inherit'] },
) => void;

/** @param fill makes the data directory */
async function startCluster(binDir: string, options: LocalServerOptions, fill: Fill): Promise<LocalServer> {
  const directory = mkdtempSync(join(tmpdir(), 'hyperdash-pg-'));
  const owner = unprivilegedOwner();
  if (owner) chownSync(directory, owner.uid, owner.gid);
  const dataDir = join(directory, 'data');
  fill(dataDir, { ...owner, cwd: directory, stdio: ['ignore', 'ignore', 'inherit'] });
  const port = await freePort();
  const settings = [...serverSettings(port), ...(options.settings ?? [])];
  const flags = settings.flatMap((setting) => ['-c', setting]);
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  async function launch(): Promise<ChildProcess> {
    const launched = spawn(join(binDir, 'postgres'), ['-D', dataDir, ...flags], {
      ...owner,
      cwd: directory,
      stdio: 'ignore',
    });
    await waitUntilReady(url, launched);
    return launched;
  }
  let server = await launch();
  // Covers every way out that still runs code; a SIGKILL of the test run leaves the cluster behind.
  const stopAtExit = () => server.kill('SIGQUIT');
  process.once('exit', stopAtExit);
  return {
    url,
    halt: () => end(server, 'SIGINT'),
    crash: () => end(server, 'SIGQUIT'),
    async resume() {
      server = await launch();
    },
    standby: () =>
      startCluster(binDir, options, (standbyDir, as) => {
        const basebackup = ['-D', standbyDir, '-d', url, '-R', '-X', 'stream', '-c', 'fast', '--no-sync'];
        execFileSync(join(binDir, 'pg_basebackup'), basebackup, as);
      }),
    async stop() {
      process.off('exit', stopAtExit);
      await end(server, 'SIGINT');
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function serverSettings(port: number): string[] {
  return [
    `port=${port}`,
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'shared_preload_libraries=timescaledb',
    'timescaledb.telemetry_level=off',
    'timescaledb.max_background_workers=16',
    'max_worker_processes=32',
    'max_connections=100',
    'shared_buffers=128MB',
    'fsync=off',
    'synchronous_commit=off',
    'full_page_writes=off',
  ];
}

/** PostgreSQL refuses to run as root, so root hands it to the user that its package made. */
function unprivilegedOwner(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith('postgres:'));
  const [, , uid, gid] = (line ?? '').split(':').map(Number);
  if (!uid || !gid) throw new Error('root needs a user named postgres to run the test server as');
  return { uid, gid };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

async function waitUntilReady(url: string, server: ChildProcess): Promise<void> {
  for (;;) {
    if (server.exitCode !== null) throw new Error(`the test server ended with ${server.exitCode}`);
    const client = new pg.Client({ connectionString: url });
    client.on('error', () => {});
    try {
      await client.connect();
      await client.end();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** @param signal SIGINT is PostgreSQL's fast shutdown, SIGQUIT its immediate one, as good as a crash */
async function end(server: ChildProcess, signal: 'SIGINT' | 'SIGQUIT'): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const exited = new Promise((resolve) => server.once('exit', resolve));
  server.kill(signal);
  await exited;
}
