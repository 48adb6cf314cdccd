import { fieldErrors } from '../contract/field-errors.ts';
import { LiveInput } from '../contract/live.ts';
import { HyperdashError } from '../errors.ts';
import { fromWire, type WireFields } from './wire.ts';

/**
 * Reads what a raw door is asked: `host`, `match`, `since`, and `last_event_id` where no header can say it.
 * @throws HyperdashError BAD_REQUEST
 */
export function liveInput(metricName: string, query: WireFields, lastEventId: string | undefined): LiveInput {
  const { last_event_id, ...fields } = query;
  const parsed = LiveInput.safeParse({
    ...fromWire(LiveInput, fields),
    metric_name: metricName,
    lastEventId: lastEventId ?? last_event_id,
  });
  if (parsed.success) return parsed.data;
  const errors = fieldErrors(parsed.error);
  const message = errors.map(({ field, reason }) => `${field}: ${reason}`).join('; ');
  throw new HyperdashError('BAD_REQUEST', message, { fields: errors });
}
