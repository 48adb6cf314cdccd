import { HostsAnswer } from '../contract/hosts.ts';
import { procedure } from './trpc.ts';

/** Every host, with the time of its newest sample. */
export const hosts = procedure
  .meta({ rest: { method: 'GET', path: '/api/hosts', summary: 'Every host' } })
  .output(HostsAnswer)
  .query(({ ctx: { queries, timings } }) => queries.hosts({ timings }));
