import type { Engine } from '../engine/engine.ts';
import { HyperdashError } from '../errors.ts';
import { matchingSeries, type SeriesSelector } from '../store/matching-series.ts';

/**
 * The ids of the series that match.
 * @throws HyperdashError NOT_FOUND where none does
 */
export async function requireSeries(engine: Engine, selector: SeriesSelector): Promise<number[]> {
  const ids = await matchingSeries(engine, selector);
  if (ids.length === 0) throw noSeries(selector);
  return ids;
}

/** Says which series was asked for in vain. */
export function noSeries({ metricName, host, matchers }: SeriesSelector): HyperdashError {
  const labels = matchers.map(([label, value]) => `${label}=${value}`).join(', ');
  const where = [host && `host ${host}`, labels && `labels ${labels}`].filter(Boolean).join(' and ');
  return new HyperdashError('NOT_FOUND', `no samples of ${metricName}${where && ` with ${where}`}`);
}
