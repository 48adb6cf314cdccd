import type { HostsAnswer } from '../contract/hosts.ts';
import type { Engine } from '../engine/engine.ts';
import { newestOfEach, withRecent, withScouts } from './newest-of-each.ts';
import { asking } from './store-error.ts';

/**
 * The catalogue names the hosts. Whichever has a sample since about the last round of collection needs no look-up: none
 * of its samples before that can be the newest. The others' series are looked up one by one.
 */
const SQL = `
  ${withScouts('true')}, last_round AS MATERIALIZED (
    SELECT min(time) AS since, timestamptz 'infinity' AS until
      FROM known WHERE time >= (SELECT max(time) FROM known) - INTERVAL '1 minute'
  ), ${withRecent('last_round')}, seen AS MATERIALIZED (
    SELECT host, count(*)::int AS series, max(time) AS last_seen
      FROM series LEFT JOIN (
             SELECT id, max(time) AS time FROM recent WHERE (SELECT complete FROM search) GROUP BY id
           ) AS newest USING (id)
     GROUP BY host
  )
  SELECT host, series, coalesce(last_seen, (
           SELECT max(time) FROM (${newestOfEach('(SELECT id FROM series WHERE series.host = seen.host) AS its')}) AS each
         )) AS last_seen
    FROM seen ORDER BY host`;

/** Every host in the catalogue, by name, with the time of its newest sample. */
export function listHosts(engine: Engine): Promise<HostsAnswer['hosts']> {
  return asking(async () => {
    const { rows } = await engine.pool.query<HostsAnswer['hosts'][number]>({ name: 'hosts', text: SQL });
    return rows;
  });
}
