import { SuperJSON } from 'superjson';
import { AlignedSeries, type AlignedWire } from './aligned-series.ts';
import { Points } from './points.ts';

/** What travels over tRPC: superjson, with columns as base64 of their bytes. Both ends use this one. */
export const transformer = new SuperJSON();

transformer.registerCustom<Points, string>(
  {
    isApplicable: (value): value is Points => value instanceof Points,
    serialize: (points) => points.toBase64(),
    deserialize: (text) => Points.fromBase64(text),
  },
  'Points',
);

transformer.registerCustom<AlignedSeries, AlignedWire>(
  {
    isApplicable: (value): value is AlignedSeries => value instanceof AlignedSeries,
    serialize: (aligned) => aligned.toWire(),
    deserialize: (wire) => AlignedSeries.fromWire(wire),
  },
  'AlignedSeries',
);
