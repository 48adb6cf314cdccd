import type { RouterOutputs } from '../client.ts';
import { bucketWidth, utcTime } from '../format/time.ts';

/** Where the points of a chart come from, how many there are, and how long the server took. */
export function Badges({ answer }: { readonly answer: RouterOutputs['matrix'] }) {
  const { data_source, bucket_ms, points_returned, points_requested, took_ms, series_matched, data } = answer;
  const shown = data.series.length;
  return (
    <ul className="badges" aria-label="About these points">
      <li title={`Chosen for ${answer.reason}`}>{data_source}</li>
      <li title="Width of a bucket">
        {bucket_ms === null ? 'as stored' : `${bucketWidth(bucket_ms)} buckets`}
      </li>
      <li title={`${utcTime(answer.from.getTime())} – ${utcTime(answer.to.getTime())}`}>
        {points_returned} of {points_requested} points
      </li>
      <li title="Time that the server took">{took_ms < 10 ? took_ms : Math.round(took_ms)} ms</li>
      {series_matched > shown && (
        <li className="warn" title="Choose hosts or labels to see others">
          {shown} of {series_matched} lines
        </li>
      )}
    </ul>
  );
}
