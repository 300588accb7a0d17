/** Creating topics: all of them or not one, with every setting that the broker accepts. */
import { BrokerError, TopicExistsError } from "../broker_errors.ts";
import { checkTopicName, quoted } from "../names.ts";
import type { Client } from "./client.ts";
import { Code } from "./error_codes.ts";
import { checkCode, PassingError } from "./errors.ts";
import { patiently } from "./patience.ts";
import type { ConfigEntry, CreateTopicsAnswer, NewTopic } from "./protocol.ts";
import { LATEST } from "./protocol.ts";
import { type OwnTopicSpec, SAFE_REPLICAS, type TopicSettings, topicSettings } from "./topic_settings.ts";
import { CONTROLLER_TIMEOUT_MS, listOffsets, metadataOfAll, removeTopics } from "./topics.ts";

/** Stands for the broker's default.replication.factor. */
const DEFAULT_REPLICAS = -1;
/** Codes for a setting that a broker does not know, or that a policy of its administrator forbids. */
const REFUSED = new Set<number>([Code.INVALID_CONFIG, Code.POLICY_VIOLATION]);

type TopicError = CreateTopicsAnswer["topicErrors"][number];

/** Resolves when all topics accept records; creates all of them or not one. */
export async function createTopics(client: Client, specs: readonly OwnTopicSpec[]): Promise<void> {
  if (specs.length === 0) return;
  const names = specs.map((spec) => spec.name);
  for (const name of names) checkTopicName(name);
  const doing = `create the topics ${quoted(names)}`;
  // Validated first: if one of them cannot be created, not one is.
  const topics = await patiently({ doing }, () => new Agreement(client, specs).reach());
  let asked = false;
  await patiently({ doing }, async () => {
    const first = !asked;
    asked = true;
    const errors = await ask(client, topics, false);
    // After a lost answer, the topics that exist are those that we created.
    if (!first) return checkCreated(errors.filter(({ errorCode }) => errorCode !== Code.TOPIC_ALREADY_EXISTS));
    const ours = errors.filter(({ errorCode }) => errorCode === Code.NONE).map(({ topic }) => topic);
    if (ours.length > 0 && errors.some(({ errorCode }) => errorCode === Code.TOPIC_ALREADY_EXISTS)) {
      await removeTopics(client, ours); // somebody else created the others in between
    }
    checkCreated(errors);
  });
  await untilReady(client, names);
}

/** Finds out with which settings and how many replicas the broker would create topics, without creating a topic. */
class Agreement {
  readonly #client: Client;
  readonly #specs: readonly OwnTopicSpec[];
  /** The accepted part of settings that were refused as a whole, by their text: topics of a kind have the same. */
  readonly #taken = new Map<string, readonly ConfigEntry[]>();

  constructor(client: Client, specs: readonly OwnTopicSpec[]) {
    this.#client = client;
    this.#specs = specs;
  }

  /**
   * One attempt: throws {@link PassingError}s.
   *
   * @throws {TopicExistsError} if one exists
   * @throws {BrokerError} if one cannot be created
   */
  async reach(): Promise<readonly NewTopic[]> {
    const topics: NewTopic[] = [];
    for (const spec of this.#specs) topics.push(await this.#agree(spec));
    checkCreated(await ask(this.#client, topics, true));
    return topics;
  }

  async #agree(spec: OwnTopicSpec): Promise<NewTopic> {
    const { replicas, atLeast } = await this.#replicas(spec);
    const settings = topicSettings(spec, atLeast);
    const known = this.#taken.get(JSON.stringify(settings));
    const wanted: NewTopic = {
      topic: spec.name,
      numPartitions: spec.partitions,
      replicationFactor: replicas,
      configEntries: known ?? [...settings.required, ...settings.optional],
    };
    const code = await this.#try(wanted);
    if (code === Code.INVALID_REPLICATION_FACTOR) return await this.#withFewer(spec, wanted);
    return REFUSED.has(code) ? await this.#without(wanted, settings) : wanted;
  }

  /** @returns the replication factor to ask for, and the lowest one that it may stand for as far as we know */
  async #replicas({ replicas }: OwnTopicSpec): Promise<{ replicas: number; atLeast: number }> {
    if (typeof replicas === "number") return { replicas, atLeast: replicas };
    if (replicas === undefined) return { replicas: DEFAULT_REPLICAS, atLeast: 1 };
    await this.#client.metadata([]);
    const brokers = this.#client.nodeIds.length;
    if (brokers < 2) return { replicas: DEFAULT_REPLICAS, atLeast: 1 };
    if (await this.#defaultReplicas() >= SAFE_REPLICAS) return { replicas: DEFAULT_REPLICAS, atLeast: SAFE_REPLICAS };
    const safe = Math.min(SAFE_REPLICAS, brokers);
    return { replicas: safe, atLeast: safe };
  }

  /** 1 if the broker does not say. */
  async #defaultReplicas(): Promise<number> {
    const name = "default.replication.factor";
    const connection = await this.#client.controller();
    const node = String(this.#client.nodeIds[0]);
    const { resources } = await connection.send("DescribeConfigs", {
      resources: [{ type: 4, name: node, configNames: [name] }],
    });
    const entry = resources[0]?.configEntries?.find(({ configName }) => configName === name);
    return Number(entry?.configValue ?? 1) || 1;
  }

  /** The topic with fewer replicas, as there are fewer brokers than replicas. */
  async #withFewer(spec: OwnTopicSpec, topic: NewTopic): Promise<NewTopic> {
    await this.#client.metadata([]);
    const brokers = this.#client.nodeIds.length;
    if (typeof spec.replicas === "number") {
      const are = brokers === 1 ? "1 broker is" : `${brokers} brokers are`;
      throw new BrokerError(
        `Cannot create the topic "${spec.name}" with ${spec.replicas} replicas: ${are} there; ask for fewer`,
      );
    }
    const fewer = Math.min(SAFE_REPLICAS, brokers);
    if (topic.replicationFactor === fewer) throw new PassingError(`fewer than ${fewer} brokers are there`);
    return await this.#agree({ ...spec, replicas: fewer });
  }

  /** Tries the optional settings one after the other, as the answer need not name the one that is refused. */
  async #without(topic: NewTopic, { required, optional }: TopicSettings): Promise<NewTopic> {
    const taken = [...required];
    const refused: string[] = [];
    for (const entry of optional) {
      if (REFUSED.has(await this.#try({ ...topic, configEntries: [...taken, entry] }))) refused.push(entry.name);
      else taken.push(entry);
    }
    this.#taken.set(JSON.stringify({ required, optional }), taken);
    if (refused.length > 0) {
      this.#client.log("info", `"${topic.topic}" is created without ${refused.join(", ")}, which this broker refuses`);
    }
    return { ...topic, configEntries: taken };
  }

  /** The code that the broker would answer; codes that may pass are thrown as {@link PassingError}s. */
  async #try(topic: NewTopic): Promise<number> {
    const [error] = await ask(this.#client, [topic], true);
    const { errorCode = Code.NONE, errorMessage } = error ?? {};
    const isOurs = REFUSED.has(errorCode) || errorCode === Code.INVALID_REPLICATION_FACTOR ||
      errorCode === Code.TOPIC_ALREADY_EXISTS;
    if (!isOurs) checkCode(errorCode, `create the topic "${topic.topic}"`, errorMessage);
    return errorCode;
  }
}

async function ask(client: Client, topics: readonly NewTopic[], validateOnly: boolean): Promise<readonly TopicError[]> {
  const connection = await client.controller();
  const args = { topics, validateOnly, timeout: CONTROLLER_TIMEOUT_MS };
  return (await connection.send("CreateTopics", args)).topicErrors;
}

function checkCreated(errors: readonly TopicError[]): void {
  const existing = errors.filter(({ errorCode }) => errorCode === Code.TOPIC_ALREADY_EXISTS).map(({ topic }) => topic);
  if (existing.length > 0) {
    const message = existing.length === 1
      ? `Cannot create the topic ${quoted(existing)}: it exists already`
      : `Cannot create the topics ${quoted(existing)}: they exist already`;
    throw new TopicExistsError(existing, message);
  }
  for (const { topic, errorCode, errorMessage } of errors) {
    checkCode(errorCode, `create the topic "${topic}"`, errorMessage);
  }
}

/** Waits until every node knows the topics and every partition's leader answers for it. */
export async function untilReady(client: Client, names: readonly string[]): Promise<void> {
  await patiently({ doing: `use the new topics ${quoted(names)}` }, async () => {
    for (const { topicMetadata } of await metadataOfAll(client, names)) {
      if (
        topicMetadata.some(({ topicErrorCode, partitionMetadata }) =>
          topicErrorCode !== Code.NONE || partitionMetadata.some(({ leader }) => leader < 0)
        )
      ) throw new PassingError("some of their partitions have no leader yet");
    }
    await listOffsets(client, { topics: names, timestamp: LATEST });
  });
}
