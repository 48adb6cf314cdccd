import { HyperdashError } from '../errors.ts';

/** What a key may do: `read` asks, `write` stores, `admin` does both and sees `/metrics`. */
export const SCOPES = ['read', 'write', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

/** Whoever makes a request, as far as it matters what they may do. */
export interface Principal {
  /** The key's name; null where no key is needed. */
  readonly name: string | null;
  readonly scopes: readonly Scope[];
  /** Hosts and metrics that it reaches begin with these; empty is every one. */
  readonly hostPrefix: string;
  readonly metricPrefix: string;
}

/** Everybody, where no key is needed. */
export const ANYBODY: Principal = { name: null, scopes: SCOPES, hostPrefix: '', metricPrefix: '' };

/** Somebody whose key is not known. */
export const NOBODY: Principal = { name: null, scopes: [], hostPrefix: '', metricPrefix: '' };

/** Whether a principal is kept to some hosts or metrics. */
export function isBounded({ hostPrefix, metricPrefix }: Principal): boolean {
  return hostPrefix !== '' || metricPrefix !== '';
}

/** @throws HyperdashError FORBIDDEN where the principal lacks the scope, UNAUTHORIZED for {@link NOBODY} */
export function requireScope({ scopes }: Principal, scope: Scope): void {
  if (scopes.length === 0) throw new HyperdashError('UNAUTHORIZED', 'a known API key is needed');
  if (scopes.includes(scope) || scopes.includes('admin')) return;
  throw new HyperdashError('FORBIDDEN', `this API key lacks the scope ${scope}`);
}

/** What a question names of the series that it is about. */
export interface AskedSeries {
  readonly metric_name: unknown;
  /** One host or several; left out, the question is about every host. */
  readonly host?: unknown;
}

/**
 * Checks that a question stays within a principal's hosts and metrics. Input that no schema has seen yet may be given.
 * @throws HyperdashError FORBIDDEN
 */
export function requireSeriesWithin(principal: Principal, { metric_name, host }: AskedSeries): void {
  const { hostPrefix, metricPrefix } = principal;
  if (!startsWith(metric_name, metricPrefix)) {
    throw new HyperdashError('FORBIDDEN', `this API key is for metrics that begin with ${metricPrefix}`);
  }
  const hosts = Array.isArray(host) && host.length > 0 ? host : [host];
  if (!hosts.every((each) => startsWith(each, hostPrefix))) {
    throw new HyperdashError(
      'FORBIDDEN',
      `this API key is for hosts that begin with ${hostPrefix}: name one`,
    );
  }
}

/** Why a series may not be written; undefined where it may. */
export function refusalOf(
  { hostPrefix, metricPrefix }: Principal,
  series: { readonly metricName: string; readonly host: string },
): string | undefined {
  if (!series.metricName.startsWith(metricPrefix)) {
    return `metric_name: this API key is for metrics that begin with ${metricPrefix}`;
  }
  if (!series.host.startsWith(hostPrefix)) {
    return `host: this API key is for hosts that begin with ${hostPrefix}`;
  }
  return undefined;
}

function startsWith(text: unknown, prefix: string): boolean {
  return prefix === '' || (typeof text === 'string' && text.startsWith(prefix));
}
