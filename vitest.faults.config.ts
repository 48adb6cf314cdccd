import { defineConfig } from 'vitest/config';

/** What breaks a server on purpose, each file on throw-away clusters of its own: `npm run test:faults`. */
export default defineConfig({
  test: {
    include: ['test/faults/**/*.test.ts'],
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
