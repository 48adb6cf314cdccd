#!/usr/bin/env node
import { Command } from 'commander';
import { type Config, ConfigError, parseConfig, SETTING_NAMES } from './config.ts';
import { HyperdashError } from './errors.ts';
import { VERSION } from './version.ts';

/** Exit codes: 1 for what went wrong while running, 2 for a configuration that cannot be run. */
const EXIT_FAILED = 1;
const EXIT_MISCONFIGURED = 2;

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

function flagOf(setting: keyof Config): string {
  return `--${setting.toLowerCase().replaceAll('_', '-')}`;
}

/** Commander names the flag `--database-url` `databaseUrl`. */
function settingsFrom(flags: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(flags).map(([flag, value]) => [
      flag.replaceAll(/[A-Z0-9]+/g, (part) => `_${part}`).toUpperCase(),
      value,
    ]),
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
