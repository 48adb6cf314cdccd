import type { LiveEvent as LiveAnswer, LiveGap } from '../contract/live.ts';
import { writeTracked } from '../contract/live-wire.ts';
import type { EventIds } from './event-id.ts';

/** The series of an event. */
export interface EventSeries {
  readonly id: number;
  readonly metricName: string;
  readonly host: string;
  readonly labels: Readonly<Record<string, string>>;
  /** The beginning of each of its messages, up to the time. */
  readonly json: string;
}

/** An event of a stream, in every form that a door sends; each form is made once, whoever asks for it. */
export interface LiveEvent {
  readonly id: string;
  readonly answer: LiveAnswer;
  /** With its id, the JSON that tRPC sends. */
  readonly tracked: string;
  /** One message of a raw WebSocket: JSON, the id included. */
  readonly message: Buffer;
  /** One event of an SSE stream. */
  readonly sse: Buffer;
}

/** Where a sample comes from. */
export interface Origin {
  /** The transaction that committed it; 0 for what was read back. */
  readonly xid: number;
  /** Epoch milliseconds. */
  readonly publishedMs: number;
  readonly ids: EventIds;
}

/** What an event keeps in memory besides its names, roughly. */
const EVENT_BYTES = 200;

/** A sample on its way to subscribers. */
export class SampleEvent implements LiveEvent {
  readonly series: EventSeries;
  readonly timeMs: number;
  readonly value: number;
  /** The transaction that committed it. */
  readonly xid: number;
  readonly publishedMs: number;
  readonly #ids: EventIds;
  readonly #index: number;
  #answer: LiveAnswer | undefined;
  #tracked: string | undefined;
  #message: Buffer | undefined;
  #sse: Buffer | undefined;

  constructor(series: EventSeries, timeMs: number, value: number, origin: Origin, index: number) {
    this.series = series;
    this.timeMs = timeMs;
    this.value = value;
    this.xid = origin.xid;
    this.publishedMs = origin.publishedMs;
    this.#ids = origin.ids;
    this.#index = index;
  }

  get id(): string {
    return this.#ids.at(this.#index);
  }

  /** The id of the event before this one: whoever resumes there gets this one again. */
  get idBefore(): string {
    return this.#ids.at(this.#index - 1);
  }

  /** Roughly what it keeps in memory. */
  get bytes(): number {
    return EVENT_BYTES + this.series.json.length;
  }

  get answer(): LiveAnswer {
    this.#answer ??= {
      metric_name: this.series.metricName,
      host: this.series.host,
      labels: this.series.labels,
      time: new Date(this.timeMs),
      value: this.value,
    };
    return this.#answer;
  }

  get tracked(): string {
    this.#tracked ??= writeTracked({ id: this.id, data: this.answer });
    return this.#tracked;
  }

  get message(): Buffer {
    this.#message ??= Buffer.from(`${this.#json()},"id":"${this.id}"}`);
    return this.#message;
  }

  get sse(): Buffer {
    this.#sse ??= Buffer.from(`id: ${this.id}\ndata: ${this.#json()}}\n\n`);
    return this.#sse;
  }

  /** Without the closing brace. */
  #json(): string {
    return `${this.series.json}${new Date(this.timeMs).toISOString()}","value":${JSON.stringify(this.value)}`;
  }
}

/** The event that says what is missing. */
export function gapEvent(id: string, gap: LiveGap['gap']): LiveEvent {
  const body = JSON.stringify({ gap });
  return {
    id,
    answer: { gap },
    tracked: writeTracked({ id, data: { gap } }),
    message: Buffer.from(`${body.slice(0, -1)},"id":"${id}"}`),
    sse: Buffer.from(`event: gap\nid: ${id}\ndata: ${body}\n\n`),
  };
}
