/** Settings of the topics that we create. All that matter here are set, as brokers and administrators differ in defaults. */
import type { TopicSpec } from "../broker.ts";
import type { ConfigEntry } from "./protocol.ts";

const BATCH_OVERHEAD_BYTES = 16_384;
const DAY_MS = 86_400_000;
/** The longest duration that Redpanda accepts, 292 years; Kafka accepts more. */
export const LONGEST_MS = 9_223_372_036_854;
/** Three replicas outlive the loss of one broker while another one is being restarted. */
export const SAFE_REPLICAS = 3;

/** The settings of one topic, most important first. */
export interface TopicSettings {
  /** Settings without which the topic would not be what was asked for. */
  readonly required: readonly ConfigEntry[];
  /** Settings that are left out, one by one, where a broker refuses them. */
  readonly optional: readonly ConfigEntry[];
}

/** A topic of our own, for which the settings that all topics get are not right. */
export interface OwnTopicSpec extends TopicSpec {
  /** Settings beside those, or in their place; "cleanup.policy" is required, the others are left out where they are refused. */
  readonly settings?: Readonly<Record<string, string | number>>;
}

/** @param replicas the lowest replication factor that the topic may get, as far as that is known */
export function topicSettings(spec: OwnTopicSpec, replicas: number): TopicSettings {
  const { compacted = false, maxRecordBytes, settings } = spec;
  if (settings !== undefined) {
    const { "cleanup.policy": policy = "delete", ...others } = settings;
    return { required: entries({ "cleanup.policy": policy }), optional: entries(others) };
  }
  return {
    required: entries({
      // Records are kept for ever, however old their timestamps are; a compacted topic keeps the newest of each key anyway.
      ...compacted
        ? { "cleanup.policy": "compact" }
        : { "cleanup.policy": "delete", "retention.ms": -1, "retention.bytes": -1 },
      // Kafka's limit includes the batch around the record.
      ...maxRecordBytes !== undefined && { "max.message.bytes": maxRecordBytes + BATCH_OVERHEAD_BYTES },
    }),
    optional: entries({
      // The timestamp is the producer's event time, even if it lies far in the past or in the future.
      "message.timestamp.type": "CreateTime",
      "message.timestamp.after.max.ms": LONGEST_MS,
      "message.timestamp.before.max.ms": LONGEST_MS,
      // Batches stay as they were written.
      "compression.type": "producer",
      // A replica that is out of sync must not become the leader: committed records would be lost silently.
      "unclean.leader.election.enable": false,
      // If one replica were enough to acknowledge, a commit would depend on its disk alone.
      ...replicas >= SAFE_REPLICAS && { "min.insync.replicas": 2 },
      ...compacted && {
        // The entry of each window ends as a tombstone, which is kept for this time. A reader from the start that takes longer
        // could miss that an entry was deleted: a day is far longer than any restore.
        "delete.retention.ms": DAY_MS,
        // Only closed segments are compacted: small ones, closed early, keep the topic short for a restore.
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
