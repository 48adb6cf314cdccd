import { parseSnapshot, type Snapshot } from '../domain/snapshot.ts';

/** What the id of an event says: where its stream stood. Opaque to clients. */
export interface Cursor {
  /** The run of a node's feed in which it was sent. */
  readonly epoch: string;
  /** The entry of that run's ring. */
  readonly entry: number;
  /** The sample within the entry; -1 stands before the first. */
  readonly index: number;
  /** When it was published, epoch milliseconds. */
  readonly atMs: number;
  /** Everything this snapshot holds has been sent, by whichever node: what another node or a later run goes by. */
  readonly snapshot: Snapshot;
}

/** The id of an event after which a stream starts from its beginning: its opening was not sent whole. */
export const FROM_THE_BEGINNING = 'begin';

/** The ids of some events, by their position. */
export interface EventIds {
  at(index: number): string;
}

/** What all ids of one entry have in common, so that an id is made by joining strings. */
export class EntryIds implements EventIds {
  readonly #head: string;
  readonly #tail: string;

  constructor({ epoch, entry, atMs, snapshot }: Omit<Cursor, 'index'>) {
    this.#head = `${epoch}.${entry}.`;
    this.#tail = `.${atMs}.${snapshot.text}`;
  }

  /** The id of one sample of the entry. */
  at(index: number): string {
    return `${this.#head}${index}${this.#tail}`;
  }
}

/** Reads an id; undefined for what is none. */
export function parseEventId(id: string): Cursor | undefined {
  const match = /^([a-z0-9]{1,16})\.(\d{1,15})\.(-1|\d{1,9})\.(\d{1,15})\.([\d:,]+)$/.exec(id);
  const snapshot = match === null ? undefined : parseSnapshot(match[5]!);
  if (match === null || snapshot === undefined) return undefined;
  return {
    epoch: match[1]!,
    entry: Number(match[2]),
    index: Number(match[3]),
    atMs: Number(match[4]),
    snapshot,
  };
}
