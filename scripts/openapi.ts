import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { openApiDocument } from '../src/server/openapi.ts';

/**
 * Writes what follows from the contract and is committed: `openapi.json`, and the types that openapi-typescript makes
 * of it for the tests. The generator runs through npx, since it needs a TypeScript with an API of its own.
 */
const documentPath = fileURLToPath(new URL('../openapi.json', import.meta.url));
const typesPath = fileURLToPath(new URL('../test/support/openapi.d.ts', import.meta.url));
const json = `${JSON.stringify(openApiDocument(), null, 2)}\n`;
writeFileSync(documentPath, json);
execFileSync(
  'npx',
  [
    '--yes',
    '--package=openapi-typescript@7.13.0',
    '--package=typescript@5.9.3',
    'openapi-typescript',
    documentPath,
    '--output',
    typesPath,
  ],
  { stdio: 'inherit' },
);
const sha256 = createHash('sha256').update(json).digest('hex');
writeFileSync(typesPath, `// Of the openapi.json with sha256 ${sha256}.\n${readFileSync(typesPath, 'utf8')}`);
