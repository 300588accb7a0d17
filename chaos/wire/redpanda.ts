/**
 * An imitation of Redpanda in front of Apache Kafka, as a client sees it by Redpanda's source and documents, for machines where
 * Redpanda cannot run. It does not imitate Redpanda's storage, its write caching, and its timing.
 */
import type { Message } from "./codec.ts";
import type { Answered, WireFilter } from "./filter.ts";
import type { WireOptions } from "./proxy.ts";
import versions from "./redpanda_versions.json" with { type: "json" };
import type { WireRequest } from "./request.ts";
import type { WireRule } from "./rules.ts";
import type { VersionTable } from "./versions.ts";

/** The versions of each request that Redpanda supports, from its handlers (src/v/kafka/server/handlers, v25.1). */
export const REDPANDA_VERSIONS = versions as unknown as VersionTable;

/** Options of {@link WireProxy.start} that imitate Redpanda. */
export function asRedpanda(): WireOptions {
  return { versions: REDPANDA_VERSIONS, filters: [new RedpandaTopics(), new RedpandaSessions()] };
}

/** Passing failures that Redpanda answers with −1: a shutdown within a commit, a change of term, exceptions in a fetch. */
export function redpandaHiccups(every: number): WireRule[] {
  return ["EndTxn", "TxnOffsetCommit", "Fetch"].flatMap((api) =>
    (["before", "after"] as const).map((at, turn) => {
      // Each place is as likely as the other, and a request never gets both.
      let seen = 0;
      const where = () => seen++ % 2 === turn;
      return { api, where, every, then: { error: UNKNOWN_SERVER_ERROR, at } };
    })
  );
}

const UNKNOWN_SERVER_ERROR = -1;
const INVALID_CONFIG = 40;
const INVALID_SESSION_TIMEOUT = 26;

/** The settings of topics that Redpanda knows, beside those that begin with "redpanda". */
const KNOWN_SETTINGS = new Set([
  "cleanup.policy",
  "compression.type",
  "delete.retention.ms",
  "flush.bytes",
  "flush.ms",
  "max.compaction.lag.ms",
  "max.message.bytes",
  "message.timestamp.after.max.ms",
  "message.timestamp.before.max.ms",
  "message.timestamp.type",
  "min.cleanable.dirty.ratio",
  "min.compaction.lag.ms",
  "retention.bytes",
  "retention.ms",
  "segment.bytes",
  "segment.ms",
  "write.caching",
]);

/** The longest duration: Redpanda counts nanoseconds in 64 bits. */
const LONGEST_MS = 9_223_372_036_854n;
const TOMBSTONES_FOR_EVER = { name: "delete.retention.ms", value: "9223372036854775807" };

/**
 * Redpanda accepts settings that it does not know, and ignores them. Durations that it cannot hold are refused here, though
 * Redpanda shortens some of them: a client that stays within its limits works with either. Unless delete.retention.ms is set,
 * tombstones stay for ever.
 */
class RedpandaTopics implements WireFilter {
  readonly apis = ["CreateTopics", "DescribeConfigs"];

  request(request: WireRequest): Answered | undefined {
    if (request.api !== "CreateTopics") return undefined;
    const topics = (request.body.topics as Message[]).map((topic) => {
      return { ...topic, configs: (topic.configs as Message[]).filter(({ name }) => KNOWN_SETTINGS.has(name)) };
    }) as Message[];
    if (topics.some(({ configs }) => configs.some(isTooLong))) {
      const errorMessage = "Configuration is invalid: a duration is too long";
      return { answer: { topics: topics.map(({ name }) => ({ name, errorCode: INVALID_CONFIG, errorMessage })) } };
    }
    for (const { configs } of topics) {
      if (!configs.some(({ name }: Message) => name === "delete.retention.ms")) configs.push(TOMBSTONES_FOR_EVER);
    }
    request.body = { ...request.body, topics };
    return undefined;
  }

  answer({ api }: WireRequest, answer: Message): boolean {
    if (api !== "DescribeConfigs") return false;
    for (const result of answer.results as Message[]) {
      result.configs = (result.configs as Message[]).filter(({ name }) => KNOWN_SETTINGS.has(name));
    }
    return true;
  }
}

function isTooLong({ name, value }: Message): boolean {
  return name.endsWith(".ms") && BigInt(value) > LONGEST_MS;
}

/** Redpanda accepts session timeouts from 6 to 300 s. */
class RedpandaSessions implements WireFilter {
  readonly apis = ["JoinGroup"];

  request({ body: { sessionTimeoutMs } }: WireRequest): Answered | undefined {
    if (sessionTimeoutMs >= 6_000 && sessionTimeoutMs <= 300_000) return undefined;
    return { answer: { errorCode: INVALID_SESSION_TIMEOUT, memberId: "" } };
  }
}
