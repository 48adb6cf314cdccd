import type { IncomingHttpHeaders } from 'node:http';
import { HyperdashError } from '../errors.ts';

/** Longer ones are not keys. */
const KEY_MAX_LENGTH = 512;

/**
 * The key that a header presents: `Bearer <key>`, `Token <key>` as InfluxDB's clients send it, or `Basic` with the key
 * as password (as user where there is no password). Undefined where there is no header.
 * @throws HyperdashError UNAUTHORIZED for any other form
 */
export function keyInHeader({ authorization }: IncomingHttpHeaders): string | undefined {
  if (authorization === undefined) return undefined;
  const [, scheme = '', credentials = ''] = /^(\w+) +(\S+) *$/.exec(authorization) ?? [];
  switch (scheme.toLowerCase()) {
    case 'bearer':
    case 'token':
      return bounded(credentials);
    case 'basic':
      return bounded(keyInBasic(credentials));
    default:
      throw new HyperdashError('UNAUTHORIZED', 'authorization: takes Bearer, Token or Basic');
  }
}

/** Whether a header is in the one form that browsers send by themselves. */
export function isBasic({ authorization = '' }: IncomingHttpHeaders): boolean {
  return /^basic /i.test(authorization);
}

/**
 * The key in a URL, where a browser can set no header, as for a WebSocket or an EventSource: `api_key`, or tRPC's
 * `connectionParams`.
 */
export function keyInUrl(url: string): string | undefined {
  const start = url.indexOf('?');
  if (start === -1) return undefined;
  const query = new URLSearchParams(url.slice(start));
  const key = query.get('api_key');
  if (key !== null) return bounded(key);
  const params = query.get('connectionParams');
  return params === null ? undefined : keyInParams(parsed(params));
}

/**
 * The key in tRPC's connectionParams: `authorization`, as the header, or `apiKey`.
 * @throws HyperdashError UNAUTHORIZED for another form of `authorization`
 */
export function keyInParams(params: unknown): string | undefined {
  if (typeof params !== 'object' || params === null) return undefined;
  const { authorization, apiKey } = params as Record<string, unknown>;
  if (typeof apiKey === 'string') return bounded(apiKey);
  return typeof authorization === 'string' ? keyInHeader({ authorization }) : undefined;
}

function keyInBasic(credentials: string): string {
  const text = Buffer.from(credentials, 'base64').toString();
  const colon = text.indexOf(':');
  if (colon === -1) return text;
  return text.slice(colon + 1) || text.slice(0, colon);
}

function bounded(key: string): string {
  if (key.length > KEY_MAX_LENGTH) throw new HyperdashError('UNAUTHORIZED', 'the API key is not known');
  return key;
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
