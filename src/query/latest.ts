import type { LatestAnswer, LatestInput } from '../contract/latest.ts';
import { parseMatchers } from '../contract/names.ts';
import type { Engine } from '../engine/engine.ts';
import { latestSample } from '../store/latest-sample.ts';
import { noSeries } from './require-series.ts';

/**
 * The newest sample of all series that match.
 * @throws HyperdashError NOT_FOUND where nothing matches, SERVICE_UNAVAILABLE where the database fails
 */
export async function queryLatest(engine: Engine, input: LatestInput): Promise<LatestAnswer> {
  const selector = {
    metricName: input.metric_name,
    host: input.host,
    matchers: parseMatchers(input.match ?? []),
  };
  const newest = await latestSample(engine, selector);
  if (newest === undefined) throw noSeries(selector);
  return newest;
}
