import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { openApiDocument } from '../src/server/openapi.ts';

/** Writes `openapi.json`, the committed document: `npm run openapi` after a change of the contract. */
const json = `${JSON.stringify(openApiDocument(), null, 2)}\n`;
writeFileSync(new URL('../openapi.json', import.meta.url), json);
console.log(`openapi.json: ${json.length} bytes, sha256 ${createHash('sha256').update(json).digest('hex')}`);
