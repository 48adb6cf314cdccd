import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { openEmbedded } from '../../src/engine/embedded.ts';
import { prepareTemplate } from './template.ts';

/** Makes the data directory that every test file gets a copy of. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join(tmpdir(), 'hyperdash-template-'));
  const teardown = () => rm(directory, { recursive: true, force: true });
  try {
    const engine = await openEmbedded({ dataDir: directory });
    try {
      await prepareTemplate(engine);
    } finally {
      await engine.close();
    }
  } catch (error) {
    await teardown();
    throw error;
  }
  project.provide('database', { kind: 'embedded', templateDir: directory });
  return teardown;
}
