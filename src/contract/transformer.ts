import { SuperJSON } from 'superjson';
import { Points } from './points.ts';

/** What travels over tRPC: superjson, with `Points` as base64 of its columns. Both ends use this one. */
export const transformer = new SuperJSON();

transformer.registerCustom<Points, string>(
  {
    isApplicable: (value): value is Points => value instanceof Points,
    serialize: (points) => points.toBase64(),
    deserialize: (text) => Points.fromBase64(text),
  },
  'Points',
);
