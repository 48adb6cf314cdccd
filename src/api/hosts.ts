import { HostsAnswer } from '../contract/hosts.ts';
import { procedure } from './trpc.ts';

/** Every host, with the time of its newest sample. */
export const hosts = procedure
  .meta({ keepsWithin: true, rest: { method: 'GET', path: '/api/hosts', summary: 'Every host' } })
  .output(HostsAnswer)
  .query(async ({ ctx: { queries, timings, principal } }) => {
    const { hosts: all } = await queries.hosts({ timings });
    return { hosts: all.filter(({ host }) => host.startsWith(principal.hostPrefix)) };
  });
