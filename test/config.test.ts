import { describe, expect, test } from 'vitest';
import { ConfigError, parseConfig } from '../src/config.ts';

function problemsOf(environment: Record<string, string>): readonly string[] {
  try {
    parseConfig(environment);
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).problems;
  }
}

describe('settings', () => {
  test('have the documented defaults', () => {
    expect(parseConfig({})).toMatchObject({
      HOST: '127.0.0.1',
      PORT: 8000,
      DATA_DIR: './data',
      DATABASE_POOL_SIZE: 10,
      STATEMENT_TIMEOUT_MS: 30_000,
      AGENT: true,
      LOG_LEVEL: 'info',
      CHUNK_INTERVAL: 7 * 86_400_000,
      RETAIN_RAW: 30 * 86_400_000,
      RETAIN_1MIN: 90 * 86_400_000,
      CACHE_MAX_BYTES: 64 * 1024 * 1024,
    });
  });

  test('take an empty value as not given', () => {
    expect(parseConfig({ DATABASE_URL: '', PORT: '' })).toMatchObject({ PORT: 8000 });
    expect(parseConfig({ DATABASE_URL: '' })).not.toHaveProperty('DATABASE_URL');
  });

  test('are all checked, and every bad one is listed by name', () => {
    const problems = problemsOf({
      PORT: '80x',
      RETAIN_RAW: 'forever',
      AGENT: 'maybe',
      DATABASE_URL: 'mysql://x',
    });
    expect(problems.map((problem) => problem.split(':', 1)[0])).toEqual(
      expect.arrayContaining(['PORT', 'RETAIN_RAW', 'AGENT', 'DATABASE_URL']),
    );
  });

  test('refuse to listen beyond loopback without API keys, unless told to', () => {
    expect(problemsOf({ HOST: '0.0.0.0' })[0]).toMatch(/^HOST: .*API_KEYS_FILE.*ALLOW_ANONYMOUS/);
    expect(problemsOf({ HOST: '0.0.0.0', ALLOW_ANONYMOUS: 'true' })).toEqual([]);
    expect(problemsOf({ HOST: '0.0.0.0', API_KEYS_FILE: 'keys.json' })).toEqual([]);
    expect(problemsOf({ HOST: '127.0.0.2' })).toEqual([]);
  });
});
