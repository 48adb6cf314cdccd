import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LiveSample } from '../../src/contract/live.ts';
import { holds } from '../../src/domain/snapshot.ts';
import type { LiveEvent, SampleEvent } from '../../src/live/event.ts';
import { parseEventId } from '../../src/live/event-id.ts';
import type { FeedLimits } from '../../src/live/feed.ts';
import { createLive, type Live } from '../../src/live/live.ts';
import { pruneCommitLog, wantCommitLog } from '../../src/store/keep-commit-log.ts';
import { writeSamples } from '../../src/store/write-samples.ts';
import { openTestEngine, type TestEngine } from '../support/engine.ts';
import { range, until } from '../support/live.ts';

const FAST: Partial<FeedLimits> = { tailIntervalMs: 50, lingerMs: 50 };

let engine: TestEngine;
const nodes: Live[] = [];

beforeAll(async () => {
  engine = await openTestEngine();
});
afterAll(async () => {
  for (const node of nodes) await node.close();
  await engine?.close();
});

async function startNode(limits = FAST): Promise<Live> {
  const node = await createLive({
    engine,
    onError: (error) => {
      throw error;
    },
    limits,
  });
  nodes.push(node);
  return node;
}

interface Stream {
  readonly events: LiveEvent[];
  values(): number[];
  readonly ended: Promise<void>;
  stop(): void;
}

/** Reads a stream; it has begun once the node counts one subscription more. */
async function read(node: Live, metric_name: string, lastEventId?: string): Promise<Stream> {
  const gone = new AbortController();
  const events: LiveEvent[] = [];
  const before = node.counters.subscriptions;
  async function readAll(): Promise<void> {
    for await (const batch of await node.open({ metric_name, lastEventId }, gone.signal))
      events.push(...batch);
  }
  const ended = readAll();
  await until(() => node.counters.subscriptions > before);
  return {
    events,
    values: () => events.map(({ answer }) => (answer as LiveSample).value),
    ended,
    stop: () => gone.abort(),
  };
}

function insertBySql(metric: string, values: readonly number[], ago = '1 minute'): Promise<unknown> {
  return engine.pool.query(
    `INSERT INTO metrics (time, host, metric_name, value)
     SELECT now() - $3::interval + value * interval '1 ms', 'sql', $1, value FROM unnest($2::float8[]) AS value`,
    [metric, values, ago],
  );
}

/** Writes as the ingest of a node does. */
async function write(node: Live | undefined, metric: string, values: readonly number[]): Promise<void> {
  const { rows } = await engine.pool.query<{ id: number }>(
    `WITH added AS (INSERT INTO series (metric_name, host) VALUES ($1, 'w') ON CONFLICT DO NOTHING RETURNING id)
     SELECT id FROM added UNION SELECT id FROM series WHERE metric_name = $1 AND host = 'w'`,
    [metric],
  );
  const batch = {
    seriesIds: Int32Array.from(values, () => rows[0]!.id),
    times: Float64Array.from(values, (value) => Date.UTC(2026, 0, 1) + value),
    values: Float64Array.from(values),
  };
  await writeSamples(engine, [batch], node?.publish);
}

describe('a live stream', () => {
  test('gets what SQL inserts, late samples too, in the order of the commits', async () => {
    const stream = await read(await startNode(), 'by_sql');
    await insertBySql('by_sql', [1, 2]);
    await insertBySql('by_sql', [3], '20 days');
    await until(() => stream.events.length === 3);
    expect(stream.values()).toEqual([1, 2, 3]);
    stream.stop();
  });

  test('gets what is inserted into compressed chunks', async () => {
    await insertBySql('compressed', [1], '8 days');
    await engine.pool.query(
      `ALTER TABLE samples SET (timescaledb.enable_columnstore, timescaledb.segmentby = 'series_id')`,
    );
    await engine.pool.query(`SELECT compress_chunk(c) FROM show_chunks('samples', older_than => now()) AS c`);
    const stream = await read(await startNode(), 'compressed');
    await until(() => stream.events.length === 1);
    await insertBySql('compressed', [2, 3], '8 days');
    await until(() => stream.events.length === 3);
    expect(stream.values()).toEqual([1, 2, 3]);
    stream.stop();
  });

  test('gets each sample once, whether its own node or another writes it', async () => {
    const [here, there] = [await startNode(), await startNode()];
    const [hears, hearsToo] = [await read(here, 'two_nodes'), await read(there, 'two_nodes')];
    for (const round of range(0, 20)) {
      await write(round % 2 ? here : there, 'two_nodes', range(round * 10, round * 10 + 10));
    }
    await until(() => hears.events.length >= 200 && hearsToo.events.length >= 200);
    // What comes twice would come with the next read of the log.
    await write(here, 'two_nodes', [200]);
    await write(there, 'two_nodes', [201]);
    await until(() => hears.values().includes(201) && hearsToo.values().includes(200));
    expect(hears.values().toSorted((a, b) => a - b)).toEqual(range(0, 202));
    expect(hearsToo.values().toSorted((a, b) => a - b)).toEqual(range(0, 202));
    hears.stop();
    hearsToo.stop();
  });

  test('gets what its own node committed without hearing of it', async () => {
    const node = await startNode();
    const stream = await read(node, 'unheard');
    await write(undefined, 'unheard', [1]);
    await until(() => stream.events.length === 1);
    stream.stop();
  });

  test('goes on at another node after what it got, and nothing is missing', async () => {
    const [here, there] = [await startNode(), await startNode()];
    const first = await read(here, 'moves');
    await write(here, 'moves', range(0, 1000));
    await until(() => first.events.length === 1000);
    first.stop();
    await insertBySql('moves', range(5000, 5010));
    const second = await read(there, 'moves', first.events[599]!.id);
    await write(there, 'moves', range(1000, 1010));
    await until(() => second.values().includes(1009) && second.values().includes(5009));
    const expected = [...range(600, 1010), ...range(5000, 5010)];
    expect(expected.filter((value) => !second.values().includes(value))).toEqual([]);
    second.stop();
  });

  test('repeats at another node no commit that the log had been read past, one interval ago at most', async () => {
    const [here, there] = [await startNode(), await startNode()];
    const first = await read(here, 'bounded');
    await write(here, 'bounded', range(0, 100));
    await until(() => first.events.length === 100);
    const { xid } = first.events[99] as SampleEvent;
    let markers = 0;
    const isReadPast = () => holds(parseEventId(first.events.at(-1)!.id)!.snapshot, xid);
    while (!isReadPast()) {
      await write(here, 'bounded', [1000 + markers++]);
      await until(() => first.events.length === 100 + markers);
    }
    first.stop();
    const second = await read(there, 'bounded', first.events.at(-1)!.id);
    await write(there, 'bounded', [5000]);
    await until(() => second.values().includes(5000));
    expect(second.values().filter((value) => value < 100)).toEqual([]);
    second.stop();
  });

  test('goes on exactly once at the same node', async () => {
    const node = await startNode();
    const first = await read(node, 'stays');
    const other = await read(node, 'stays');
    await write(node, 'stays', range(0, 1000));
    await until(() => first.events.length === 1000);
    first.stop();
    await write(node, 'stays', range(1000, 2000));
    for (const received of [0, 255, 256, 700, 999]) {
      const second = await read(node, 'stays', first.events[received]!.id);
      await until(() => second.events.length >= 1999 - received);
      expect(second.values()).toEqual(range(received + 1, 2000));
      second.stop();
    }
    other.stop();
  });

  test('says that it cannot reach back, and goes on with the newest, where the log has not been kept', async () => {
    const node = await startNode();
    const first = await read(node, 'forgotten');
    await write(node, 'forgotten', [1, 2]);
    await until(() => first.events.length === 2);
    first.stop();
    await first.ended;
    await engine.pool.query(
      `UPDATE commit_log_state SET complete_from = pg_snapshot_xmax(pg_current_snapshot())`,
    );
    const second = await read(await startNode(), 'forgotten', first.events[0]!.id);
    await until(() => second.events.length === 2);
    expect(second.events[0]!.answer).toMatchObject({
      gap: { reason: 'not_retained', from: expect.any(Date) },
    });
    expect(second.events[1]!.answer).toMatchObject({ value: 2 });
    second.stop();
  });

  test('ends when its subscriber goes, idle or not, and leaves nothing behind', async () => {
    const node = await startNode();
    const streams = [await read(node, 'idle'), await read(node, 'idle')];
    for (const stream of streams) stream.stop();
    await Promise.all(streams.map(({ ended }) => ended));
    expect(node.counters.subscriptions).toBe(0);
  });
});

test('nothing is logged while nobody listens', async () => {
  await engine.pool.query(`UPDATE commit_log_state SET wanted_until = '-infinity'`);
  await engine.pool.query('DELETE FROM commit_log');
  await insertBySql('unwatched', [1]);
  expect((await engine.pool.query('SELECT FROM commit_log')).rowCount).toBe(0);
});

test('the log gives up what it need not keep, and says from where on it lacks nothing', async () => {
  await wantCommitLog(engine);
  await insertBySql('pruned', [1, 2, 3]);
  await engine.pool.query(`UPDATE commit_log SET committed_at = committed_at - interval '1 hour'`);
  const { rows: old } = await engine.pool.query<{ xid: string }>(
    'SELECT xid::text FROM commit_log ORDER BY xid DESC LIMIT 1',
  );
  await insertBySql('pruned', [4]);
  await pruneCommitLog(engine);
  const { rows: kept } = await engine.pool.query<{ sample_values: number[]; complete_from: string }>(
    'SELECT sample_values, complete_from::text FROM commit_log, commit_log_state',
  );
  expect(kept).toEqual([{ sample_values: [4], complete_from: String(Number(old[0]!.xid) + 1) }]);
});
