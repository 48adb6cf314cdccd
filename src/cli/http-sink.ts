import { setTimeout as lapse } from 'node:timers/promises';
import { IngestAnswer, type IngestInput } from '../contract/ingest.ts';
import { type ErrorCode, HyperdashError } from '../errors.ts';
import type { SampleBatch, SampleSink, SinkAnswer } from './sample-sink.ts';

const SAMPLES_PER_REQUEST = 10_000;
const REQUEST_TIMEOUT_MS = 120_000;
const ATTEMPTS = 10;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;

export interface HttpSinkOptions {
  /** Where the server is, such as `http://localhost:8000`. */
  readonly url: string;
  /** Sent as a bearer token. */
  readonly apiKey?: string | undefined;
  /** Ends the waiting between two attempts. */
  readonly signal: AbortSignal;
}

/**
 * Writes to a running server by `POST /api/metrics`, in requests of at most 10 000 samples. Overload (503) and lost
 * connections are retried, by `Retry-After` or else after 0.5 s, 1 s, 2 s … 30 s: safe, since a sample that is there
 * already is a duplicate. `unit` and `kind` have no place in that request and are left out.
 * @throws HyperdashError BAD_REQUEST where the URL is none
 */
export function createHttpSink({ url, apiKey, signal }: HttpSinkOptions): SampleSink {
  const endpoint = ingestEndpoint(url);
  const headers = {
    'content-type': 'application/json',
    ...(apiKey && { authorization: `Bearer ${apiKey}` }),
  };
  let reached = false;

  async function post(body: string): Promise<IngestAnswer> {
    for (let attempt = 1; ; attempt++) {
      const outcome = await send(endpoint, headers, body);
      if ('answer' in outcome) {
        reached = true;
        return outcome.answer;
      }
      // A server that never answered is not there; one that did may be starting again.
      const hopeless = !outcome.transient || (outcome.unreachable && !reached) || attempt === ATTEMPTS;
      if (hopeless || signal.aborted) throw outcome.error;
      if (!outcome.unreachable) reached = true;
      const waitMs = outcome.retryAfterMs ?? FIRST_WAIT_MS * 2 ** (attempt - 1);
      await lapse(Math.min(waitMs, LONGEST_WAIT_MS), undefined, { signal }).catch(() => {
        throw outcome.error;
      });
    }
  }

  return {
    async write(batch) {
      let accepted = 0;
      let duplicates = 0;
      const rejected: SinkAnswer['rejected'][number][] = [];
      for (let start = 0; start < batch.times.length; start += SAMPLES_PER_REQUEST) {
        const answer = await post(JSON.stringify(toRequest(batch, start)));
        accepted += answer.accepted;
        duplicates += answer.duplicates;
        for (const { index, reason } of answer.rejected) rejected.push({ index: start + index, reason });
      }
      return { accepted, duplicates, rejected };
    },
    close: async () => {},
  };
}

function ingestEndpoint(url: string): URL {
  const base = URL.parse(url.endsWith('/') ? url : `${url}/`);
  if (!base || !/^https?:$/.test(base.protocol)) {
    throw new HyperdashError('BAD_REQUEST', `${url}: must be a URL such as http://localhost:8000`);
  }
  return new URL('api/metrics', base);
}

function toRequest({ host, metric_name, labels, times, values }: SampleBatch, start: number): IngestInput {
  const end = Math.min(start + SAMPLES_PER_REQUEST, times.length);
  const samples: IngestInput['samples'] = [];
  for (let i = start; i < end; i++) {
    samples.push({ time: times[i]!, host, metric_name, value: values[i]!, ...(labels && { labels }) });
  }
  return { samples };
}

type Outcome =
  | { readonly answer: IngestAnswer }
  | {
      readonly error: HyperdashError;
      readonly transient: boolean;
      readonly unreachable: boolean;
      readonly retryAfterMs?: number | undefined;
    };

async function send(endpoint: URL, headers: Record<string, string>, body: string): Promise<Outcome> {
  let response: Response;
  let text: string;
  try {
    const signal = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
    response = await fetch(endpoint, { method: 'POST', headers, body, signal });
    text = await response.text();
  } catch (cause) {
    const message = `no server answers at ${endpoint.origin} (${reasonOf(cause)})`;
    const error = new HyperdashError('SERVICE_UNAVAILABLE', message, { cause });
    return { error, transient: true, unreachable: true };
  }
  const answer = response.ok ? IngestAnswer.safeParse(parseJson(text)) : undefined;
  if (answer?.success) return { answer: answer.data };
  const retryAfterMs = parseRetryAfter(response.headers.get('retry-after'));
  return {
    error: refusal(endpoint, response, text),
    transient: response.status === 503,
    unreachable: false,
    retryAfterMs,
  };
}

const CODES: Readonly<Record<number, ErrorCode>> = {
  401: 'UNAUTHORIZED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  413: 'PAYLOAD_TOO_LARGE',
  503: 'SERVICE_UNAVAILABLE',
};

/** The server's own words (RFC 9457) where it has some. */
function refusal(endpoint: URL, { status, ok }: Response, text: string): HyperdashError {
  if (ok)
    return new HyperdashError('BAD_REQUEST', `${endpoint.href} is not Hyperdash: it answered something else`);
  const problem = parseJson(text) as { detail?: unknown; title?: unknown } | null | undefined;
  const said = problem?.detail ?? problem?.title;
  const hint = status === 401 ? '; give a key by --api-key or HYPERDASH_API_KEY' : '';
  const message = `${endpoint.origin} answered ${status}${typeof said === 'string' ? `: ${said}` : ''}${hint}`;
  return new HyperdashError(
    CODES[status] ?? (status < 500 ? 'BAD_REQUEST' : 'INTERNAL_SERVER_ERROR'),
    message,
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** `Retry-After` (RFC 9110): whole seconds or an HTTP date, in ms from now. */
function parseRetryAfter(header: string | null): number | undefined {
  if (header === null) return undefined;
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}

/** fetch hides the reason (`ECONNREFUSED` and the like) in its cause. */
function reasonOf(error: unknown): string {
  const { cause, message } = error as Error & { cause?: NodeJS.ErrnoException };
  return cause?.code ?? cause?.message ?? message;
}
