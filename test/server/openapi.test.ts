import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { appRouter } from '../../src/api/router.ts';
import { openApiDocument } from '../../src/server/openapi.ts';
import { restRoutes } from '../../src/server/rest-routes.ts';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const document = JSON.parse(JSON.stringify(openApiDocument()));

interface Parameter {
  readonly in: string;
  readonly name: string;
  readonly description?: string;
  readonly schema: { readonly example?: unknown };
}

describe('the OpenAPI document', () => {
  test('is the committed openapi.json (npm run openapi writes it)', () => {
    expect(document).toEqual(JSON.parse(read('openapi.json')));
  });

  test('is the one that the client of the tests was generated from', () => {
    const sha256 = createHash('sha256').update(read('openapi.json')).digest('hex');
    expect(read('test/support/openapi.d.ts').split('\n', 1)[0]).toContain(sha256);
  });

  test('has an operation for every procedure, by its name', () => {
    expect(restRoutes().map(({ name }) => name)).toEqual(Object.keys(appRouter._def.procedures));
    for (const { name, rest } of restRoutes()) {
      expect(document.paths[rest.path][rest.method.toLowerCase()].operationId).toBe(name);
    }
  });

  test('describes every parameter, with an example', () => {
    const parameters: Parameter[] = Object.values<Record<string, { parameters?: Parameter[] }>>(
      document.paths,
    )
      .flatMap((path) => Object.values(path))
      .flatMap((operation) => operation.parameters ?? []);
    expect(parameters.length).toBeGreaterThan(8);
    for (const { name, description, schema } of parameters) {
      expect(description, name).toBeTruthy();
      expect(schema.example, name).toBeDefined();
    }
  });

  test('leaves the contract as it was', () => {
    const again = JSON.parse(JSON.stringify(openApiDocument()));
    expect(again).toEqual(document);
  });
});
