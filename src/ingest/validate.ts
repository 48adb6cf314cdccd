import { fieldErrors } from '../contract/field-errors.ts';
import { type IngestAnswer, Sample } from '../contract/ingest.ts';

/** The samples that may be stored, and those that may not, by their index in the request. */
export interface Validated {
  readonly samples: Sample[];
  readonly rejected: IngestAnswer['rejected'];
}

/**
 * Checks each sample on its own.
 * @param oldestMs samples older than this are rejected, in epoch milliseconds
 * @param newestMs samples newer than this are rejected, in epoch milliseconds
 */
export function validate(samples: readonly unknown[], oldestMs: number, newestMs: number): Validated {
  const validated: Validated = { samples: [], rejected: [] };
  for (const [index, candidate] of samples.entries()) {
    const parsed = Sample.safeParse(candidate);
    if (!parsed.success) {
      const reason = fieldErrors(parsed.error)
        .map((error) => `${error.field}: ${error.reason}`)
        .join('; ');
      validated.rejected.push({ index, reason });
      continue;
    }
    const reason = faultOfTime(parsed.data.time?.getTime(), oldestMs, newestMs);
    if (reason === undefined) validated.samples.push(parsed.data);
    else validated.rejected.push({ index, reason });
  }
  return validated;
}

function faultOfTime(timeMs: number | undefined, oldestMs: number, newestMs: number): string | undefined {
  if (timeMs === undefined) return undefined;
  if (timeMs < oldestMs) {
    return `time: is before ${new Date(oldestMs).toISOString()}, the oldest that the raw retention (RETAIN_RAW) takes`;
  }
  if (timeMs > newestMs) return 'time: is too far in the future';
  return undefined;
}
