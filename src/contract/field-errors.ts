import type { z } from 'zod';
import type { FieldError } from '../errors.ts';

/** What a schema refused, a line each: the path of the field and the reason. */
export function fieldErrors(error: z.core.$ZodError): FieldError[] {
  return error.issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({
        field: pathOf([...issue.path, key]),
        reason: 'is not a known field',
      }));
    }
    return [{ field: pathOf(issue.path), reason: issue.message }];
  });
}

/** `samples[3].value`; an empty path names the input as a whole. */
function pathOf(path: readonly PropertyKey[]): string {
  const text = path.reduce<string>(
    (before, key) =>
      typeof key === 'number' ? `${before}[${key}]` : `${before}${before && '.'}${String(key)}`,
    '',
  );
  return text || 'input';
}
