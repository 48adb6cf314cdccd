import protobuf from 'protobufjs';

/** The messages of remote_write 1.0 and 2.0 and of OTLP metrics, as far as tests need them, from their .proto files. */
const { root } = protobuf.parse(
  `
  syntax = "proto3";
  message WriteRequest { repeated TimeSeries timeseries = 1; repeated MetricMetadata metadata = 3; }
  message MetricMetadata { int32 type = 1; string metric_family_name = 2; string help = 4; string unit = 5; }
  message TimeSeries {
    repeated Label labels = 1; repeated Sample samples = 2; repeated Exemplar exemplars = 3; repeated Histogram histograms = 4;
  }
  message Label { string name = 1; string value = 2; }
  message Sample { double value = 1; int64 timestamp = 2; }
  message Exemplar { repeated Label labels = 1; double value = 2; int64 timestamp = 3; }
  message Histogram { uint64 count_int = 1; double sum = 3; int64 timestamp = 15; }

  message Request2 { repeated string symbols = 4; repeated TimeSeries2 timeseries = 5; }
  message TimeSeries2 {
    repeated uint32 labels_refs = 1; repeated Sample samples = 2; repeated Histogram histograms = 3;
    repeated Exemplar exemplars = 4; Metadata2 metadata = 5; int64 created_timestamp = 6;
  }
  message Metadata2 { int32 type = 1; uint32 help_ref = 3; uint32 unit_ref = 4; }

  message ExportRequest { repeated ResourceMetrics resource_metrics = 1; }
  message ExportResponse { PartialSuccess partial_success = 1; }
  message PartialSuccess { int64 rejected_data_points = 1; string error_message = 2; }
  message Status { int32 code = 1; string message = 2; }
  message ResourceMetrics { Resource resource = 1; repeated ScopeMetrics scope_metrics = 2; string schema_url = 3; }
  message Resource { repeated KeyValue attributes = 1; uint32 dropped_attributes_count = 2; }
  message ScopeMetrics { Scope scope = 1; repeated Metric metrics = 2; }
  message Scope { string name = 1; string version = 2; }
  message Metric {
    string name = 1; string description = 2; string unit = 3;
    oneof data { Gauge gauge = 5; Sum sum = 7; OtlpHistogram histogram = 9; Other exponential_histogram = 10; Other summary = 11; }
  }
  message Gauge { repeated NumberDataPoint data_points = 1; }
  message Sum { repeated NumberDataPoint data_points = 1; int32 aggregation_temporality = 2; bool is_monotonic = 3; }
  message OtlpHistogram { repeated HistogramDataPoint data_points = 1; int32 aggregation_temporality = 2; }
  message Other { repeated NumberDataPoint data_points = 1; }
  message NumberDataPoint {
    repeated KeyValue attributes = 7; fixed64 start_time_unix_nano = 2; fixed64 time_unix_nano = 3;
    oneof value { double as_double = 4; sfixed64 as_int = 6; } uint32 flags = 8;
  }
  message HistogramDataPoint {
    repeated KeyValue attributes = 9; fixed64 start_time_unix_nano = 2; fixed64 time_unix_nano = 3; fixed64 count = 4;
    optional double sum = 5; repeated fixed64 bucket_counts = 6; repeated double explicit_bounds = 7; uint32 flags = 10;
  }
  message KeyValue { string key = 1; AnyValue value = 2; }
  message AnyValue {
    oneof value {
      string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4;
      ArrayValue array_value = 5; KeyValueList kvlist_value = 6; bytes bytes_value = 7;
    }
  }
  message ArrayValue { repeated AnyValue values = 1; }
  message KeyValueList { repeated KeyValue values = 1; }
  `,
);

type Message = 'WriteRequest' | 'Request2' | 'ExportRequest' | 'ExportResponse' | 'Status';

/** Encodes a message by the reference implementation; fields are named in camel case. */
export function encodeMessage(message: Message, fields: object): Buffer {
  const type = root.lookupType(message);
  return Buffer.from(type.encode(type.fromObject(fields)).finish());
}

/** Decodes a message by the reference implementation; 64-bit integers become numbers. */
export function decodeMessage(message: Message, bytes: Uint8Array): Record<string, unknown> {
  const type = root.lookupType(message);
  return type.toObject(type.decode(bytes), { longs: Number });
}
