import type { HostsAnswer } from '../contract/hosts.ts';
import type { Engine } from '../engine/engine.ts';
import { asking } from './store-error.ts';

// The catalogue names the hosts; one index look-up a series finds its newest sample, in compressed chunks too.
const SQL = `
  SELECT host, count(*)::int AS series, max(newest.time) AS last_seen
  FROM series LEFT JOIN LATERAL (
    SELECT time FROM samples WHERE series_id = series.id ORDER BY time DESC LIMIT 1) AS newest ON true
  GROUP BY host ORDER BY host`;

/** Every host in the catalogue, by name, with the time of its newest sample. */
export function listHosts(engine: Engine): Promise<HostsAnswer['hosts']> {
  return asking(async () => (await engine.pool.query<HostsAnswer['hosts'][number]>(SQL)).rows);
}
