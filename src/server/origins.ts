import type { IncomingHttpHeaders } from 'node:http';
import { HyperdashError } from '../errors.ts';

/** Whose pages may call this server. */
export interface OriginRules {
  /** Origins of others, `*` for every one. */
  readonly allowed: readonly string[];
  /** The server is for this machine alone and needs no key: it goes by no other name than this machine's own. */
  readonly localOnly: boolean;
}

/**
 * Refuses a request that a page of another site has a browser make (CSRF), or that came by a name which somebody else
 * has pointed at this machine (DNS rebinding).
 * @throws HyperdashError FORBIDDEN
 */
export function requireOwnOrigin(headers: IncomingHttpHeaders, { allowed, localOnly }: OriginRules): void {
  const { origin, host } = headers;
  if (localOnly && host !== undefined && !isLocal(host) && !hostsOf(allowed).includes(host.toLowerCase())) {
    throw new HyperdashError('FORBIDDEN', `${host} is no name of this machine: use localhost`);
  }
  if (origin === undefined || allowed.includes('*') || allowed.includes(origin)) return;
  if (origin === `http://${host}` || origin === `https://${host}`) return;
  throw new HyperdashError('FORBIDDEN', `the origin ${origin} is not among ALLOWED_ORIGINS`);
}

function isLocal(host: string): boolean {
  const name = host.replace(/:\d+$/, '').toLowerCase();
  return name === '[::1]' || /^127(\.\d{1,3}){3}$/.test(name) || /^([\w-]+\.)*localhost$/.test(name);
}

/** A proxy in front of the server may pass on the name that it goes by. */
function hostsOf(origins: readonly string[]): string[] {
  return origins.filter((origin) => URL.canParse(origin)).map((origin) => new URL(origin).host);
}
