/** The outside world: brokers and files, and the sources and sinks over them. */
export type { Advice } from "./advice.ts";
export { type BrokerSettings, OpenBroker, openBroker, type OpenBrokerOptions } from "./open_broker.ts";
export {
  type Broker,
  BrokerError,
  type BrokerRecord,
  BrokerUnavailableError,
  type Compression,
  deadLetterTopic,
  DiskFullError,
  FencedError,
  type FetchedBatch,
  type Fetcher,
  JobActiveError,
  type JobActivity,
  type JobCommit,
  type JobInfo,
  type JobLease,
  type JobRequest,
  OffsetOutOfRangeError,
  type OutgoingRecord,
  type PartitionEnd,
  type Position,
  type Producer,
  type ProducerOptions,
  type RecordCheck,
  type RecordHeaders,
  type TopicDescription,
  TopicExistsError,
  type TopicSpec,
  UnknownTopicError,
} from "./broker.ts";
export * from "./files/mod.ts";
export { decodeJson, decodeText } from "./json/codec.ts";
export { type KafkaSecurity, SASL_MECHANISMS, type SaslSettings, type TlsSettings } from "./kafka/security.ts";
export type {
  DecodingOptions,
  EncodingOptions,
  JsonSinkOptions,
  JsonSourceOptions,
  RecordParts,
  TopicRecord,
  TopicSinkOptions,
  TopicSourceOptions,
} from "./records/record_format.ts";
export type { Schema, Topic } from "./topic.ts";
