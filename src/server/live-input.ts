import { fieldErrors } from '../contract/field-errors.ts';
import { LiveInput } from '../contract/live.ts';
import { HyperdashError, inOneLine } from '../errors.ts';
import { fromWire, type WireFields } from './wire.ts';

/** What a query may say: the path names the metric, and what a header can say has another spelling here. */
const LiveQuery = LiveInput.omit({ metric_name: true, lastEventId: true }).extend({
  last_event_id: LiveInput.shape.lastEventId,
});

/**
 * Reads what a raw door is asked: `host`, `match`, `since`, and `last_event_id` for clients that can set no header.
 * @param lastEventId what the header `Last-Event-ID` says; it is newer than what the URL says
 * @throws HyperdashError BAD_REQUEST
 */
export function liveInput(metricName: string, query: WireFields, lastEventId?: string): LiveInput {
  const { last_event_id, ...fields } = fromWire(LiveQuery, query);
  const parsed = LiveInput.safeParse({
    ...fields,
    metric_name: metricName,
    lastEventId: lastEventId ?? last_event_id,
  });
  if (parsed.success) return parsed.data;
  const errors = fieldErrors(parsed.error);
  throw new HyperdashError('BAD_REQUEST', inOneLine(errors), { fields: errors });
}
