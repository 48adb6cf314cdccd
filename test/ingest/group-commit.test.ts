import { describe, expect, test } from 'vitest';
import type { SampleColumns } from '../../src/domain/sample-columns.ts';
import { type Commit, GroupCommit } from '../../src/ingest/group-commit.ts';

const LIMITS = { maxCommitRows: 10, maxCommits: 1, minParallelRows: 1 };

function batchOf(rows: number): SampleColumns {
  return { seriesIds: new Int32Array(rows), times: new Float64Array(rows), values: new Float64Array(rows) };
}

/** A commit that waits until it is let go, and remembers what it was given. */
function heldCommit() {
  const groups: number[][] = [];
  const held: { letGo: () => void; fail: (error: Error) => void }[] = [];
  const commit: Commit = (batches) => {
    const rows = batches.map(({ times }) => times.length);
    groups.push(rows);
    return new Promise((resolve, reject) =>
      held.push({ letGo: () => resolve(rows.map((count) => [count - 1])), fail: reject }),
    );
  };
  return { commit, groups, held };
}

describe('group commit', () => {
  test('writes a lone batch at once and gathers those that come while it is in flight', async () => {
    const { commit, groups, held } = heldCommit();
    const commits = new GroupCommit(commit, LIMITS);
    const writes = [1, 2, 3, 4].map((rows) => commits.write(batchOf(rows)));
    expect(groups).toEqual([[1]]);
    held[0]!.letGo();
    await writes[0];
    await Promise.resolve();
    expect(groups).toEqual([[1], [2, 3, 4]]);
    held[1]!.letGo();
    expect(await Promise.all(writes)).toEqual([[0], [1], [2], [3]]);
  });

  test('closes a group once it holds enough rows', async () => {
    const { commit, groups, held } = heldCommit();
    const commits = new GroupCommit(commit, LIMITS);
    const writes = [1, 6, 6, 6].map((rows) => commits.write(batchOf(rows)));
    held[0]!.letGo();
    await writes[0];
    await Promise.resolve();
    expect(groups).toEqual([[1], [6, 6]]);
    held[1]!.letGo();
    await writes[2];
    await Promise.resolve();
    held[2]!.letGo();
    await commits.drain();
    expect(groups).toEqual([[1], [6, 6], [6]]);
  });

  test('tells every writer of a group that failed, and goes on with the next', async () => {
    const { commit, held } = heldCommit();
    const commits = new GroupCommit(commit, LIMITS);
    const first = commits.write(batchOf(1));
    const [second, third] = [commits.write(batchOf(2)), commits.write(batchOf(3))];
    held[0]!.fail(new Error('down'));
    await expect(first).rejects.toThrow('down');
    await Promise.resolve();
    held[1]!.letGo();
    expect(await Promise.all([second, third])).toEqual([[1], [2]]);
    await commits.drain();
  });

  test('keeps several commits in flight where it may', () => {
    const { commit, groups } = heldCommit();
    const commits = new GroupCommit(commit, { ...LIMITS, maxCommits: 2 });
    for (const rows of [1, 2, 3]) void commits.write(batchOf(rows));
    expect(groups).toEqual([[1], [2]]);
  });

  test('starts a commit beside another only once enough waits for it', () => {
    const { commit, groups } = heldCommit();
    const commits = new GroupCommit(commit, { ...LIMITS, maxCommits: 2, minParallelRows: 5 });
    for (const rows of [1, 2, 2, 2]) void commits.write(batchOf(rows));
    expect(groups).toEqual([[1], [2, 2, 2]]);
  });
});
