import { isTopicName } from "../names.ts";
import { type Address, formatAddress } from "./address.ts";
import type { Connection, SendOptions } from "./connection.ts";
import { ConnectionPool, type PoolSettings } from "./connection_pool.ts";
import { Code } from "./error_codes.ts";
import { checkCode, codeError, PassingError } from "./errors.ts";
import { AllFailed, firstToAnswer, oneError } from "./first_to_answer.ts";
import type { Apis, CoordinatorType, MetadataAnswer, TopicMetadata } from "./protocol.ts";
import { unknownTopics } from "./unknown_topics.ts";

/** How to find and talk to a cluster. */
export interface ClientSettings extends PoolSettings {
  /** The servers to ask first, Kafka's bootstrap.servers; they name the cluster's nodes. */
  readonly bootstrap: readonly Address[];
}

/** How long metadata of a topic is used, ms: partitions may have been added. A running job notices them by that. */
const METADATA_AGE_MS = 5_000;

/**
 * After this time without an answer a node is not asked while others answer, and its view of the cluster may be outdated: it may
 * have been frozen or cut off. ms.
 */
const SILENT_MS = 1_000;
/** How long to wait for metadata, ms: a node that is well answers at once. */
const METADATA_WITHIN_MS = 5_000;

/** Whose coordinator is meant: that of a group, or of a transactional id. */
export interface Coordinator {
  readonly type: CoordinatorType;
  /** The group, or the transactional id. */
  readonly key: string;
}

interface KnownTopic {
  /** The leading node of each partition, -1 if it has no leader. */
  readonly leaders: readonly number[];
  /** Undefined where the broker has no topic ids. */
  readonly topicId: string | undefined;
  readonly askedAtMs: number;
}

/**
 * A client of a cluster with connections of its own. It knows which node leads which partition and which one coordinates what.
 *
 * Nothing here is retried. After a failure the metadata concerned is dropped, so that the next attempt asks for it again; the
 * attempts are the caller's ({@link patiently}).
 */
export class Client {
  /** Topics for which a warning has been logged, by kind of warning. */
  readonly warnedOf = new Set<string>();
  readonly #settings: ClientSettings;
  readonly #pool: ConnectionPool;
  readonly #nodes = new Map<number, Address>();
  readonly #topics = new Map<string, KnownTopic>();
  readonly #coordinators = new Map<string, number>();
  #controller = -1;

  constructor(settings: ClientSettings) {
    this.#settings = settings;
    this.#pool = new ConnectionPool(settings);
  }

  /** Resolves when it has been closed. */
  get closed(): Promise<void> {
    return this.#pool.closed;
  }

  get log(): ClientSettings["log"] {
    return this.#settings.log;
  }

  /** A client for the same cluster with connections of its own, so that neither waits for the other's answers. */
  fork(options: { readonly connectWithinMs?: number } = {}): Client {
    const { connectTimeoutMs } = this.#settings;
    const fork = new Client({
      ...this.#settings,
      connectTimeoutMs: Math.min(connectTimeoutMs, options.connectWithinMs ?? connectTimeoutMs),
    });
    for (const [id, address] of this.#nodes) fork.#nodes.set(id, address);
    fork.#controller = this.#controller;
    return fork;
  }

  /** Every node's id. */
  get nodeIds(): readonly number[] {
    return [...this.#nodes.keys()];
  }

  /** Asks any node, or `nodeId`, for metadata of `topics`, or of all topics if that is empty. It never creates a topic. */
  async metadata(topics: readonly string[], nodeId?: number): Promise<MetadataAnswer> {
    if (nodeId !== undefined) return await this.#ask(await this.node(nodeId), topics);
    const connection = await this.any();
    const askedAtMs = performance.now();
    const answer = await this.#ask(connection, topics);
    if (performance.now() - askedAtMs < SILENT_MS) return answer;
    return await this.#secondOpinion(connection.address, topics) ?? answer;
  }

  /** The metadata from another node; undefined if no other node answers. */
  async #secondOpinion({ host, port }: Address, topics: readonly string[]): Promise<MetadataAnswer | undefined> {
    const other = [...this.#nodes.values()].find((node) => node.host !== host || node.port !== port);
    if (other === undefined) return undefined;
    try {
      return await this.#ask(await this.#pool.connect(other), topics);
    } catch (error) {
      if (!(error instanceof PassingError)) throw error;
      return undefined;
    }
  }

  /** Asks one server, which need not be a node that is known already, for the nodes of the cluster. */
  async learn(server: Address, timeoutMs: number): Promise<void> {
    await this.#ask(await this.#pool.connect(server), [], timeoutMs);
  }

  async #ask(
    connection: Connection,
    topics: readonly string[],
    timeoutMs: number = METADATA_WITHIN_MS,
  ): Promise<MetadataAnswer> {
    const answer = await connection.send("Metadata", { topics, allowAutoTopicCreation: false }, { timeoutMs });
    for (const { nodeId, host, port } of answer.brokers) this.#nodes.set(nodeId, { host, port });
    for (const id of this.#nodes.keys()) {
      if (!answer.brokers.some((broker) => broker.nodeId === id)) this.#nodes.delete(id);
    }
    this.#controller = answer.controllerId;
    const askedAtMs = performance.now();
    for (const metadata of answer.topicMetadata) {
      if (metadata.topicErrorCode === Code.NONE) {
        this.#topics.set(metadata.topic, { leaders: leadersOf(metadata), topicId: metadata.topicId, askedAtMs });
      }
    }
    return answer;
  }

  /**
   * The leading node of each partition of each topic, -1 where there is no leader now.
   *
   * @throws {UnknownTopicError} naming all that do not exist
   */
  async leaders(topics: readonly string[]): Promise<Map<string, readonly number[]>> {
    const stale = performance.now() - METADATA_AGE_MS;
    // Other calls may drop metadata while this one waits: what is known now is copied now.
    const found = new Map<string, readonly number[]>();
    for (const topic of topics) {
      const known = this.#topics.get(topic);
      if (known !== undefined && known.askedAtMs >= stale) found.set(topic, known.leaders);
    }
    const ask = topics.filter((topic) => !found.has(topic));
    if (ask.length > 0) {
      const possible = [...new Set(ask)].filter(isTopicName);
      const { topicMetadata } = possible.length === 0 ? { topicMetadata: [] } : await this.metadata(possible);
      const answers = new Map(topicMetadata.map((each) => [each.topic, each]));
      const missing = ask.filter((topic) =>
        MISSING.has(answers.get(topic)?.topicErrorCode ?? Code.UNKNOWN_TOPIC_OR_PARTITION)
      );
      for (const topic of missing) this.#topics.delete(topic);
      if (missing.length > 0) throw unknownTopics([...new Set(missing)]);
      for (const topic of ask) {
        const answer = answers.get(topic)!;
        checkCode(answer.topicErrorCode, `find the topic "${topic}"`);
        found.set(topic, leadersOf(answer));
      }
    }
    return found;
  }

  /** The id of a topic in the last metadata; undefined if the broker has no ids, or the topic is not known. */
  topicId(topic: string): string | undefined {
    return this.#topics.get(topic)?.topicId;
  }

  /** Drops the metadata of a topic: it is asked for again when it is needed. */
  forgetTopic(topic: string): void {
    this.#topics.delete(topic);
  }

  /**
   * A connection to any node: an open one if there is one, then the known nodes, then the bootstrap servers. A node that has not
   * answered for long is only used if there is no other.
   * @throws the error of the only server; of several, one error with the messages of all
   */
  async any(): Promise<Connection> {
    const { open } = this.#pool;
    const answering = open.find(({ silentMs }) => silentMs < SILENT_MS);
    if (answering !== undefined) return answering;
    const addresses = [...this.#nodes.values(), ...this.#settings.bootstrap];
    const each = new Map(addresses.map((address) => [formatAddress(address), address]));
    for (const { address } of open) each.delete(formatAddress(address));
    try {
      return await firstToAnswer([...each.values()].map((address) => () => this.#pool.connect(address)));
    } catch (error) {
      if (open[0] !== undefined) return open[0];
      throw error instanceof AllFailed ? oneError(error.failures) : error;
    }
  }

  /** @throws {PassingError} if it cannot be reached; the metadata of the cluster is dropped then */
  async node(id: number): Promise<Connection> {
    const address = this.#nodes.get(id);
    try {
      if (address === undefined) throw new PassingError(id < 0 ? "no node is in charge now" : `node ${id} has gone`);
      return await this.#pool.connect(address);
    } catch (error) {
      this.#topics.clear();
      this.#coordinators.clear();
      throw error;
    }
  }

  /** The node that creates and deletes topics. */
  async controller(): Promise<Connection> {
    if (this.#controller < 0) await this.metadata([]);
    const id = this.#controller;
    this.#controller = -1; // another one may be elected until the next time
    return await this.node(id);
  }

  /** Sends a request to the coordinator of a group or transactional id. */
  async askCoordinator<Name extends keyof Apis>(
    { type, key }: Coordinator,
    api: Name,
    args: Apis[Name]["args"],
    options: SendOptions<Apis[Name]["answer"]> = {},
  ): Promise<Apis[Name]["answer"]> {
    const name = `${type} ${key}`;
    let id = this.#coordinators.get(name);
    if (id === undefined) {
      const connection = await this.any();
      const found = await connection.send("GroupCoordinator", { groupId: key, coordinatorType: type });
      checkCode(found.errorCode, `find the coordinator of "${key}"`);
      const { nodeId, host, port } = found.coordinator;
      this.#nodes.set(nodeId, { host, port });
      this.#coordinators.set(name, id = nodeId);
    }
    try {
      return await (await this.node(id)).send(api, args, options);
    } catch (error) {
      this.#coordinators.delete(name);
      throw error;
    }
  }

  /** The error for a coordinator's code that is not 0. If another node is the coordinator now, the next request looks it up. */
  coordinatorError({ type, key }: Coordinator, code: number, doing: string): Error {
    const error = codeError(code, doing);
    if (error instanceof PassingError && code !== Code.CONCURRENT_TRANSACTIONS) {
      this.#coordinators.delete(`${type} ${key}`);
    }
    return error;
  }

  /** Resolves when all sockets are closed. Requests without an answer fail. */
  async close(): Promise<void> {
    await this.#pool.close();
  }
}

/** The leading node of each partition, -1 if it has no leader. */
function leadersOf({ partitionMetadata }: TopicMetadata): readonly number[] {
  const leaders = new Array<number>(partitionMetadata.length).fill(-1);
  for (const { partitionId, leader } of partitionMetadata) leaders[partitionId] = leader;
  return leaders;
}

/** Codes for a topic that does not exist: a topic with an invalid name cannot. */
const MISSING = new Set<number>([Code.UNKNOWN_TOPIC_OR_PARTITION, Code.INVALID_TOPIC]);
