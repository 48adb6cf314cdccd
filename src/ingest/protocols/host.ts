import { UNKNOWN_HOST } from '../limits.ts';
import type { SeriesName } from '../series-registry.ts';

type Labels = Array<readonly [name: string, value: string]>;

const WITH_PORT = /^(.+):\d{1,5}$/;

/**
 * The host of a scraped series: its `instance` without the port. An `instance` that had a port stays as a label,
 * as two ports of one host are two series. Without an `instance` the label `host`, without that `unknown`.
 */
export function hostOfInstance(labels: Labels): Pick<SeriesName, 'host' | 'labels'> {
  const instance = labelValue(labels, 'instance');
  if (instance === undefined) return hostOfLabel(labels, 'host');
  const [, address] = WITH_PORT.exec(instance) ?? [];
  if (address === undefined) return { host: instance, labels: without(labels, 'instance') };
  return { host: address.replace(/^\[(.*)\]$/, '$1'), labels };
}

/** The value of a label becomes the host, the others stay; `unknown` without it. */
export function hostOfLabel(labels: Labels, name: string): Pick<SeriesName, 'host' | 'labels'> {
  const host = labelValue(labels, name);
  return host === undefined ? { host: UNKNOWN_HOST, labels } : { host, labels: without(labels, name) };
}

/** An empty value is as good as none. */
function labelValue(labels: Labels, name: string): string | undefined {
  return labels.find(([label, value]) => label === name && value !== '')?.[1];
}

function without(labels: Labels, name: string): Labels {
  let found = false;
  return labels.filter(([label]) => {
    // A second one stays, for the check that refuses labels given twice.
    const isFirst = label === name && !found;
    found ||= isFirst;
    return !isFirst;
  });
}
