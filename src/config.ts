import { z } from 'zod';

const DURATION_UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;

const duration = z
  .string()
  .transform((text, context) => {
    const ms = parseDuration(text);
    if (ms === undefined) context.addIssue('must be a duration such as 30s, 10m, 1h, 7d or 2w');
    return ms ?? z.NEVER;
  })
  .refine((ms) => ms > 0, 'must be longer than nothing');

const whole = (min: number, max: number) =>
  z.string().regex(/^\d+$/, 'must be a whole number').transform(Number).pipe(z.int().min(min).max(max));

const onOff = z.enum(['on', 'off', 'true', 'false']).transform((word) => word === 'on' || word === 'true');

const postgresUrl = z.url({ protocol: /^postgres(ql)?$/, error: 'must be a postgres:// URL' });

const list = z.string().transform((text) =>
  text
    .split(',')
    .map((word) => word.trim())
    .filter(Boolean),
);

/** Every setting, by the name of its environment variable; the README's table is in this order. */
const Settings = z.object({
  HOST: z.string().min(1).default('127.0.0.1'),
  PORT: whole(0, 65_535).default(8000),
  DATABASE_URL: postgresUrl.optional(),
  DATABASE_READ_URL: postgresUrl.optional(),
  REPLICA_MAX_LAG: duration.default(10 * DURATION_UNIT_MS.s),
  DATABASE_POOL_SIZE: whole(1, 1000).default(10),
  STATEMENT_TIMEOUT_MS: whole(100, 3_600_000).default(30_000),
  DATA_DIR: z.string().min(1).default('./data'),
  REDIS_URL: z.url({ protocol: /^rediss?$/, error: 'must be a redis:// URL' }).optional(),
  API_KEYS_FILE: z.string().min(1).optional(),
  ALLOWED_ORIGINS: list.default([]),
  ALLOW_ANONYMOUS: onOff.default(false),
  TRUSTED_PROXIES: list.default([]),
  REQUESTS_PER_MINUTE: whole(0, 100_000_000).default(60_000),
  AGENT: onOff.default(true),
  SLOW_QUERY_MS: whole(0, 3_600_000).default(1_000),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  CHUNK_INTERVAL: duration.default(7 * DURATION_UNIT_MS.d),
  COMPRESS_AFTER: duration.default(7 * DURATION_UNIT_MS.d),
  RETAIN_RAW: duration.default(30 * DURATION_UNIT_MS.d),
  RETAIN_1MIN: duration.default(90 * DURATION_UNIT_MS.d),
  DOWNSAMPLING_INLINE_MAX: whole(0, 100_000_000).default(200_000),
  DOWNSAMPLING_THREADS: whole(1, 64).default(2),
  INGEST_MAX_PENDING: whole(1, 100_000_000).default(500_000),
  CACHE_MAX_BYTES: whole(0, 2 ** 40).default(64 * 1024 * 1024),
  MAX_SERIES: whole(1, 100_000_000).default(1_000_000),
  MAX_RAW_ROWS: whole(1, 100_000_000).default(5_000_000),
});

/** Reads a duration such as `90d`, in milliseconds; undefined where it is none. */
export function parseDuration(text: string): number | undefined {
  if (!/^\d{1,6}[smhdw]$/.test(text)) return undefined;
  return Number(text.slice(0, -1)) * DURATION_UNIT_MS[text.at(-1) as keyof typeof DURATION_UNIT_MS];
}

/** The settings, parsed; durations in milliseconds. */
export type Config = Readonly<z.output<typeof Settings>>;

/** Names the settings that may be given. */
export const SETTING_NAMES = Object.keys(Settings.shape) as (keyof Config)[];

/** A configuration that cannot be run: one line for each bad setting. The program prints them and exits 2. */
export class ConfigError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

/**
 * Parses every setting once; an empty value counts as not given.
 * @throws ConfigError that lists every bad setting
 */
export function parseConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const given = Object.fromEntries(
    SETTING_NAMES.filter((setting) => environment[setting]).map((setting) => [setting, environment[setting]]),
  );
  const parsed = Settings.safeParse(given);
  if (!parsed.success) {
    throw new ConfigError(parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`));
  }
  const config = parsed.data;
  if (!isLoopback(config.HOST) && !config.API_KEYS_FILE && !config.ALLOW_ANONYMOUS) {
    throw new ConfigError([
      `HOST: listening on ${config.HOST} without API keys is refused; set API_KEYS_FILE, or ALLOW_ANONYMOUS=true`,
    ]);
  }
  return config;
}

/** Whether a listening address reaches this machine alone. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}
