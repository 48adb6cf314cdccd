import { useQuery } from '@tanstack/react-query';
import { type ChartState, chartAddress, DEFAULT_STATE, type Range } from '../chart-state.ts';
import { unitOf } from '../format/unit.ts';
import { FirstSample } from '../overview/first-sample.tsx';
import { keyMetrics } from '../overview/key-metrics.ts';
import { catalogue } from '../queries.ts';
import { isZoomed, navigate } from '../router.tsx';
import { Trouble } from '../ui/trouble.tsx';
import { ChartPanel } from './chart-panel.tsx';
import { Toolbar } from './toolbar.tsx';

const HEIGHT = 380;
const SHARED_HEIGHT = 240;

/** The charts that an address describes, and the controls that change it. */
export function ChartPage({ state }: { readonly state: ChartState }) {
  const { data, error } = useQuery(catalogue.metrics);
  const names = data?.metrics.map(({ metric_name }) => metric_name) ?? [];
  const metrics = state.metrics.length > 0 ? state.metrics : keyMetrics(names).slice(0, 1);
  const shown = { ...state, metrics };
  const change = (next: Partial<ChartState>) => navigate(chartAddress({ ...shown, ...next }));
  const zoom = (range: Range) => navigate(chartAddress({ ...shown, range }), { zoomed: true });
  const zoomOut = () => {
    if (isZoomed()) history.back();
    else if (!('span' in state.range)) change({ range: DEFAULT_STATE.range });
  };
  const unit = (metric: string) =>
    unitOf(metric, data?.metrics.find(({ metric_name }) => metric_name === metric)?.unit);
  return (
    <>
      <h1 className="hidden">Charts</h1>
      <Toolbar state={shown} onChange={change} />
      {!data && error && <Trouble error={error} />}
      {metrics.length === 0 && data && <FirstSample />}
      {metrics.map((metric) => (
        <ChartPanel
          key={metric}
          metric={metric}
          unit={unit(metric)}
          state={shown}
          height={metrics.length === 1 ? HEIGHT : SHARED_HEIGHT}
          onZoom={zoom}
          onZoomOut={zoomOut}
          onRemove={
            metrics.length > 1
              ? () => change({ metrics: metrics.filter((other) => other !== metric) })
              : undefined
          }
        />
      ))}
      {metrics.length > 0 && (
        <p className="hint">
          Drag over a chart to zoom in at full resolution; double-click or press Escape to go back. The
          address holds everything you see.
        </p>
      )}
    </>
  );
}
