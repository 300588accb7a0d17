/** What the topics that we create are set to: all that matters to us, as brokers and their administrators differ in defaults. */
import type { TopicSpec } from "../broker.ts";
import type { ConfigEntry } from "./protocol.ts";

const BATCH_OVERHEAD_BYTES = 16_384;
const DAY_MS = 86_400_000;
/** Kafka takes more; Redpanda's durations end here. It is 292 years. */
export const LONGEST_MS = 9_223_372_036_854;
/** So many replicas outlive the loss of one broker while another one is being restarted. */
export const SAFE_REPLICAS = 3;

/** The settings of one topic, most important first. */
export interface TopicSettings {
  /** Without these it would not be the topic that was asked for. */
  readonly required: readonly ConfigEntry[];
  /** Left out, each by itself, where a broker refuses it. */
  readonly optional: readonly ConfigEntry[];
}

/** @param replicas how many copies it gets at least, as far as that is known */
export function topicSettings(spec: TopicSpec, replicas: number): TopicSettings {
  const { compacted = false, maxRecordBytes } = spec;
  return {
    required: entries({
      // Records are kept for ever, however old their timestamps are; a compacted topic keeps its newest ones by itself.
      ...compacted
        ? { "cleanup.policy": "compact" }
        : { "cleanup.policy": "delete", "retention.ms": -1, "retention.bytes": -1 },
      // Kafka counts the batch around the record too, and what it adds to it.
      ...maxRecordBytes !== undefined && { "max.message.bytes": maxRecordBytes + BATCH_OVERHEAD_BYTES },
    }),
    optional: entries({
      // Event time is the producer's, also when it is old or ahead.
      "message.timestamp.type": "CreateTime",
      "message.timestamp.after.max.ms": LONGEST_MS,
      "message.timestamp.before.max.ms": LONGEST_MS,
      // Batches stay as they were written.
      "compression.type": "producer",
      // A replica that was left behind must not become the leader: what was committed would be gone without a word.
      "unclean.leader.election.enable": false,
      // With one copy alone acknowledging, its disk would be all that a commit stands on.
      ...replicas >= SAFE_REPLICAS && { "min.insync.replicas": 2 },
      ...compacted && {
        // Each window's entry ends as a tombstone, which is kept for so long. Whoever reads the topic from its start and takes
        // longer than that could miss that an entry was deleted: a day is far beyond any restore.
        "delete.retention.ms": DAY_MS,
        // Only closed segments are compacted: small ones, closed early, keep the topic short for who reads it from its start.
        "segment.bytes": 16 << 20,
        "segment.ms": 3_600_000,
        "min.cleanable.dirty.ratio": 0.1,
      },
    }),
  };
}

function entries(settings: Readonly<Record<string, string | number | boolean>>): ConfigEntry[] {
  return Object.entries(settings).map(([name, value]) => ({ name, value: String(value) }));
}
