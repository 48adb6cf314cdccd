/** The ways in, as the counters name them. */
export const PROTOCOLS = [
  'json',
  'remote_write',
  'remote_write_2',
  'otlp_protobuf',
  'otlp_json',
  'line_protocol',
  'agent',
] as const;
export type Protocol = (typeof PROTOCOLS)[number];
