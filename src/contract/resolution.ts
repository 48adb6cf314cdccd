import { z } from 'zod';

/** The resolutions that are stored, finest first. */
export const RESOLUTIONS = ['raw', '1min', '1hour', 'daily'] as const;
export type Resolution = (typeof RESOLUTIONS)[number];

/** What a request may ask for: a resolution, or a rule that picks one. */
export const ResolutionChoice = z.enum(['auto', 'fit', ...RESOLUTIONS]);
export type ResolutionChoice = z.infer<typeof ResolutionChoice>;

/** The view of each resolution; answers name it as `data_source`. */
export const DATA_SOURCES = {
  raw: 'metrics',
  '1min': 'metrics_1min',
  '1hour': 'metrics_1hour',
  daily: 'metrics_daily',
} as const satisfies Record<Resolution, string>;
export const DataSource = z.enum(Object.values(DATA_SOURCES)).describe('The view that answered');
export type DataSource = z.infer<typeof DataSource>;

/** How the samples of a bucket become one value, over every matched series. */
export const Aggregate = z.enum(['avg', 'min', 'max', 'sum', 'count', 'last']);
export type Aggregate = z.infer<typeof Aggregate>;
