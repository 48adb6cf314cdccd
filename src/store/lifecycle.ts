import type { PoolClient } from 'pg';
import { type LifecycleSettings, lifecycleProblems } from '../domain/retention.ts';
import type { Engine } from '../engine/engine.ts';
import { HyperdashError } from '../errors.ts';
import { type Layout, layoutsOf, type Policy, policiesOf } from './lifecycle-policies.ts';
import {
  inExclusiveTransaction,
  intervalOf,
  takesArgument,
  withMaintenanceSession,
} from './lifecycle-session.ts';
import { pauseRetention } from './refresh-history.ts';

/**
 * Sees to it that chunks, columnstore and policies are as the settings say: alters what differs, touches nothing else.
 * Nodes that start at once wait for each other.
 * @returns what was altered, one line each; empty where all was as it should be
 * @throws HyperdashError CONFLICT where the settings contradict each other (`domain/retention.ts` tells beforehand)
 */
export async function applyLifecycle(
  engine: Engine,
  settings: LifecycleSettings,
): Promise<readonly string[]> {
  const problems = lifecycleProblems(settings);
  if (problems.length > 0) throw new HyperdashError('CONFLICT', problems.join('\n'));
  return withMaintenanceSession(engine, (client) =>
    inExclusiveTransaction(client, 'lifecycle', async () => {
      const altered = [
        ...(await applyRawRetention(client, settings.retainRawMs)),
        ...(await applyLayouts(client, layoutsOf(settings))),
        ...(await applyPolicies(client, policiesOf(settings))),
      ];
      await pauseRetention(client);
      return altered;
    }),
  );
}

/** What a shorter RETAIN_RAW may have dropped stays dropped: the limit of age must not go back past that at once. */
async function applyRawRetention(client: PoolClient, retainRawMs: number): Promise<string[]> {
  const { rowCount } = await client.query(
    `UPDATE retention
        SET raw_complete_since = greatest(raw_complete_since, now() - raw), raw = $1::interval
      WHERE raw <> $1::interval`,
    [intervalOf(retainRawMs)],
  );
  return rowCount ? [`samples: accepted up to an age of ${intervalOf(retainRawMs)}`] : [];
}

interface LayoutRow {
  readonly relation: string;
  readonly hypertable: string;
  readonly chunkIntervalMs: number;
  readonly segmentBy: string | null;
  readonly orderBy: string | null;
}

const READ_LAYOUTS = `
  SELECT coalesce(view_name, d.hypertable_name) AS relation,
         format('%I.%I', d.hypertable_schema, d.hypertable_name) AS hypertable,
         extract(epoch FROM time_interval)::float8 * 1000 AS "chunkIntervalMs",
         segmentby AS "segmentBy",
         replace(orderby, '"', '') AS "orderBy"
    FROM timescaledb_information.dimensions d
    LEFT JOIN timescaledb_information.continuous_aggregates
           ON materialization_hypertable_schema = d.hypertable_schema
          AND materialization_hypertable_name = d.hypertable_name
    LEFT JOIN timescaledb_information.hypertable_columnstore_settings
           ON hypertable = format('%I.%I', d.hypertable_schema, d.hypertable_name)::regclass`;

async function applyLayouts(client: PoolClient, layouts: readonly Layout[]): Promise<string[]> {
  const { rows } = await client.query<LayoutRow>(READ_LAYOUTS);
  const altered: string[] = [];
  for (const layout of layouts) {
    const { relation, chunkIntervalMs, segmentBy, orderBy } = layout;
    const current = rows.find((row) => row.relation === relation)!;
    if (current.chunkIntervalMs !== chunkIntervalMs) {
      await client.query('SELECT set_chunk_time_interval($1::regclass, $2::interval)', [
        current.hypertable,
        intervalOf(chunkIntervalMs),
      ]);
      altered.push(`${relation}: chunks of ${intervalOf(chunkIntervalMs)}`);
    }
    if (current.segmentBy !== segmentBy || current.orderBy !== orderBy) {
      const kind = relation === 'samples' ? 'TABLE' : 'MATERIALIZED VIEW';
      await client.query(
        `ALTER ${kind} ${relation} SET (timescaledb.enable_columnstore,
           timescaledb.segmentby = '${segmentBy}', timescaledb.orderby = '${orderBy}')`,
      );
      altered.push(`${relation}: columnstore by ${segmentBy}, ${orderBy}`);
    }
  }
  return altered;
}

interface JobRow {
  readonly jobId: number;
  readonly relation: string;
  readonly procedure: string;
  readonly everyMs: number;
  readonly durationsMs: Readonly<Record<string, number>>;
}

const READ_JOBS = `
  SELECT job_id AS "jobId", hypertable_name AS relation, proc_name AS procedure,
         extract(epoch FROM schedule_interval)::float8 * 1000 AS "everyMs",
         (SELECT jsonb_object_agg(key, extract(epoch FROM value::interval) * 1000)
            FROM jsonb_each_text(config) WHERE key ~ '_(offset|after)$') AS "durationsMs"
    FROM timescaledb_information.jobs
   WHERE hypertable_name IS NOT NULL`;

async function applyPolicies(client: PoolClient, policies: readonly Policy[]): Promise<string[]> {
  const { rows } = await client.query<JobRow>(READ_JOBS);
  const altered: string[] = [];
  for (const policy of policies) {
    const { relation, procedure, durationsMs, everyMs } = policy;
    const job = rows.find((row) => row.relation === relation && row.procedure === procedure);
    const differs = Object.entries(durationsMs).some(([key, ms]) => job?.durationsMs[key] !== ms);
    if (job && job.everyMs === everyMs && !differs) continue;
    if (job) await alterPolicy(client, job.jobId, policy);
    else await addPolicy(client, policy);
    altered.push(`${relation}: ${procedure} ${JSON.stringify(configOf(policy))}`);
  }
  return altered;
}

async function alterPolicy(client: PoolClient, jobId: number, policy: Policy): Promise<void> {
  await client.query(
    `SELECT alter_job(job_id, schedule_interval => $2::interval, config => config || $3::jsonb)
       FROM timescaledb_information.jobs WHERE job_id = $1`,
    [jobId, intervalOf(policy.everyMs), configOf(policy)],
  );
}

/** The part of a job's configuration that the policy fixes. */
function configOf({ durationsMs }: Policy): Record<string, string> {
  return Object.fromEntries(Object.entries(durationsMs).map(([key, ms]) => [key, intervalOf(ms)]));
}

/** Where a schedule starts: on a whole minute, hour or day, so that a step follows the one it builds on. */
const INITIAL_START = `date_bin($2::interval, now(), 'epoch') + $2::interval`;

async function addPolicy(client: PoolClient, policy: Policy): Promise<void> {
  const { relation, durationsMs } = policy;
  const values = [relation, intervalOf(policy.everyMs), ...Object.values(durationsMs).map(intervalOf)];
  const schedule = `schedule_interval => $2::interval, initial_start => ${INITIAL_START}`;
  switch (policy.procedure) {
    case 'policy_refresh_continuous_aggregate': {
      // Batches are for windows that hold a backlog; these are short, and each batch costs a scan.
      const takesBatch = await takesArgument(client, 'add_continuous_aggregate_policy', 'buckets_per_batch');
      const batch = takesBatch ? ', buckets_per_batch => 0' : '';
      await client.query(
        `SELECT add_continuous_aggregate_policy($1::regclass, start_offset => $3::interval,
           end_offset => $4::interval, ${schedule}${batch})`,
        values,
      );
      break;
    }
    case 'policy_compression':
      await client.query(
        `CALL add_columnstore_policy($1::regclass, after => $3::interval, ${schedule})`,
        values,
      );
      break;
    case 'policy_retention':
      await client.query(
        `SELECT add_retention_policy($1::regclass, drop_after => $3::interval, ${schedule})`,
        values,
      );
  }
}
