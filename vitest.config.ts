import { defineConfig } from 'vitest/config';
import { findLocalTimescale } from './test/support/local-server.ts';

/** Tests that need no database. Every other file runs on each engine, but `server*` and `embedded*` on theirs alone. */
const UNIT_TESTS = [
  'test/config.test.ts',
  'test/ingest/**/*.test.ts',
  'test/cli/**/*.test.ts',
  'test/agent/**/*.test.ts',
  'test/web/*.test.ts',
  'test/live/{bus,event-id,ring,subscription}.test.ts',
  'test/server/*.test.ts',
  'test/query/read-turns.test.ts',
  'test/query/cache/{flights,kept-answer}.test.ts',
  'test/engine/{data-dir-lock,lending-socket}.test.ts',
  'test/{contract,domain,downsampling,package,types}/**/*.test.ts',
];

const hasServer = Boolean(process.env.TEST_DATABASE_URL) || findLocalTimescale() !== undefined;
if (!hasServer) {
  console.log(
    'no TimescaleDB server here: testing on the embedded engine alone (TEST_DATABASE_URL names one)',
  );
}

function databaseProject(name: 'embedded' | 'server', other: 'embedded' | 'server') {
  return {
    test: {
      name,
      include: ['test/**/*.test.ts'],
      exclude: [...UNIT_TESTS, 'test/faults/**', `test/**/${other}*.test.ts`],
      globalSetup: [`test/support/${name}-setup.ts`],
      testTimeout: 60_000,
      hookTimeout: 120_000,
    },
  };
}

export default defineConfig({
  test: {
    // Each embedded engine takes about half a gigabyte and most of a core.
    maxWorkers: 2,
    projects: [
      { test: { name: 'unit', include: UNIT_TESTS, testTimeout: 60_000 } },
      databaseProject('embedded', 'server'),
      ...(hasServer ? [databaseProject('server', 'embedded')] : []),
    ],
  },
});
