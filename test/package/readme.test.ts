import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';

const ROOT = new URL('../../', import.meta.url);
/** `<!-- examples/x.ts -->`, then a block of code. */
const EXAMPLE = /<!-- (examples\/\S+) -->\n```\w+\n(.*?)```/gs;

test('the examples in the README are those that are compiled and run', async () => {
  const readme = await readFile(new URL('README.md', ROOT), 'utf8');
  const shown = [...readme.matchAll(EXAMPLE)];
  expect(shown.map(([, file]) => file)).toEqual(['examples/client.ts', 'examples/tanstack-query.tsx']);
  for (const [, file, code] of shown) expect(code).toBe(await readFile(new URL(file!, ROOT), 'utf8'));
});
