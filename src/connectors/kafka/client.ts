import { BrokerError, UnknownTopicError } from "../broker_errors.ts";
import { isTopicName } from "../names.ts";
import type { Address } from "./address.ts";
import { formatAddress } from "./address.ts";
import type { ConnectionSettings, SendOptions } from "./connection.ts";
import { Connection } from "./connection.ts";
import { checkCode, Code, codeError, PassingError } from "./errors.ts";
import { AllFailed, firstToAnswer, oneError } from "./first_to_answer.ts";
import type { Apis, CoordinatorType, MetadataAnswer, TopicMetadata } from "./protocol.ts";

/** How to find and talk to a cluster. */
export interface ClientSettings extends ConnectionSettings {
  /** Where to ask first; the cluster tells the rest. */
  readonly bootstrap: readonly Address[];
  /** Left out: as `Connection.open()`. */
  readonly open?: typeof Connection.open;
}

/** What was told about a topic is asked again after so long: partitions may have been added. A job that runs learns of them so. */
const METADATA_AGE_MS = 5_000;

/**
 * A node that owes an answer for so long is not asked while others answer; and what it then says of the cluster may be of the
 * time before it was frozen or cut off.
 */
const SILENT_MS = 1_000;
/** What is known of the cluster is told at once, or not worth waiting for. */
const METADATA_WITHIN_MS = 5_000;

interface KnownTopic {
  /** Of each partition the node that leads it, -1 if none does. */
  readonly leaders: readonly number[];
  /** Undefined where the broker does not tell. */
  readonly topicId: string | undefined;
  readonly askedAtMs: number;
}

/**
 * A cluster with connections of its own: which node leads which partition, who coordinates what.
 *
 * Nothing here tries twice. What failed is forgotten, so that the next attempt asks anew; the attempts are the caller's
 * ({@link patiently}).
 */
export class Client {
  /** Topics of which a person has been warned already. */
  readonly warnedOf = new Set<string>();
  readonly #settings: ClientSettings;
  /** By address; what is being opened is there too. */
  readonly #connections = new Map<string, Promise<Connection>>();
  readonly #open = new Map<string, Connection>();
  readonly #nodes = new Map<number, Address>();
  readonly #topics = new Map<string, KnownTopic>();
  readonly #coordinators = new Map<string, number>();
  #controller = -1;
  readonly #closing = new AbortController();
  readonly #closed = Promise.withResolvers<void>();

  constructor(settings: ClientSettings) {
    this.#settings = settings;
  }

  /** Resolves when it has been closed. */
  get closed(): Promise<void> {
    return this.#closed.promise;
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

  /** Asks any node, or `nodeId`, about topics; none of them is ever created by asking. All topics if there are none. */
  async metadata(topics: readonly string[], nodeId?: number): Promise<MetadataAnswer> {
    if (nodeId !== undefined) return await this.#ask(await this.node(nodeId), topics);
    const connection = await this.any();
    const askedAtMs = performance.now();
    const answer = await this.#ask(connection, topics);
    if (performance.now() - askedAtMs < SILENT_MS) return answer;
    return await this.#secondOpinion(connection.address, topics) ?? answer;
  }

  /** What another node says; undefined if there is no other that answers. */
  async #secondOpinion({ host, port }: Address, topics: readonly string[]): Promise<MetadataAnswer | undefined> {
    const other = [...this.#nodes.values()].find((node) => node.host !== host || node.port !== port);
    if (other === undefined) return undefined;
    try {
      return await this.#ask(await this.#connect(other), topics);
    } catch (error) {
      if (!(error instanceof PassingError)) throw error;
      return undefined;
    }
  }

  /** Asks one server, whether or not it is known to be a node, about the cluster. */
  async learn(server: Address, timeoutMs: number): Promise<void> {
    await this.#ask(await this.#connect(server), [], timeoutMs);
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
   * Of each topic the node that leads each of its partitions, -1 where none does now.
   *
   * @throws {UnknownTopicError} naming all that do not exist
   */
  async leaders(topics: readonly string[]): Promise<Map<string, readonly number[]>> {
    const stale = performance.now() - METADATA_AGE_MS;
    // Others may forget topics while we wait: what is known now is taken now.
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

  /** The id of a topic as the cluster last told it; undefined if it does not tell, or the topic is not known. */
  topicId(topic: string): string | undefined {
    return this.#topics.get(topic)?.topicId;
  }

  /** The next time somebody needs to know, the cluster is asked again. */
  forgetTopic(topic: string): void {
    this.#topics.delete(topic);
  }

  /**
   * A connection to whoever answers: an open one if there is, then the known nodes, then where we began. One that owes an answer
   * for long is only taken if there is no other.
   * @throws what the only one says; if there are several, what each says
   */
  async any(): Promise<Connection> {
    const open = [...this.#open.values()].filter(({ isOpen }) => isOpen);
    const answering = open.find(({ silentMs }) => silentMs < SILENT_MS);
    if (answering !== undefined) return answering;
    const addresses = [...this.#nodes.values(), ...this.#settings.bootstrap];
    const each = new Map(addresses.map((address) => [formatAddress(address), address]));
    for (const { address } of open) each.delete(formatAddress(address));
    try {
      return await firstToAnswer([...each.values()].map((address) => () => this.#connect(address)));
    } catch (error) {
      if (open[0] !== undefined) return open[0];
      throw error instanceof AllFailed ? oneError(error.failures) : error;
    }
  }

  /** @throws {PassingError} if it cannot be reached; then what is known of the cluster is forgotten */
  async node(id: number): Promise<Connection> {
    const address = this.#nodes.get(id);
    try {
      if (address === undefined) throw new PassingError(id < 0 ? "no node is in charge now" : `node ${id} has gone`);
      return await this.#connect(address);
    } catch (error) {
      this.#topics.clear();
      this.#coordinators.clear();
      throw error;
    }
  }

  /** The node that takes changes of topics. */
  async controller(): Promise<Connection> {
    if (this.#controller < 0) await this.metadata([]);
    const id = this.#controller;
    this.#controller = -1; // another one may be elected until the next time
    return await this.node(id);
  }

  /** Sends a request to whoever coordinates the group or transactional id `key`. */
  async askCoordinator<Name extends keyof Apis>(
    type: CoordinatorType,
    key: string,
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

  /** The error for a coordinator's code that is not 0; if it says that another node is in charge, that is looked up. */
  coordinatorError(type: CoordinatorType, key: string, code: number, doing: string): Error {
    const error = codeError(code, doing);
    if (error instanceof PassingError && code !== Code.CONCURRENT_TRANSACTIONS) {
      this.#coordinators.delete(`${type} ${key}`);
    }
    return error;
  }

  /** Resolves when all sockets are gone. Requests under way fail. */
  async close(): Promise<void> {
    this.#closing.abort();
    const openings = [...this.#connections.values()];
    this.#connections.clear();
    await Promise.all(openings.map(async (opening) => {
      const connection = await opening.catch(() => undefined);
      await connection?.close();
    }));
    this.#closed.resolve();
  }

  async #connect(address: Address): Promise<Connection> {
    const key = formatAddress(address);
    if (this.#open.get(key)?.isOpen === false) {
      this.#open.delete(key);
      this.#connections.delete(key);
    }
    if (this.#closing.signal.aborted) throw new BrokerError("Cannot use Kafka: it was closed");
    let opening = this.#connections.get(key);
    if (opening === undefined) {
      const { open = Connection.open } = this.#settings;
      opening = open(address, this.#settings, this.#closing.signal);
      this.#connections.set(key, opening);
    }
    try {
      const connection = await opening;
      this.#open.set(key, connection);
      return connection;
    } catch (error) {
      if (this.#connections.get(key) === opening) this.#connections.delete(key);
      throw error;
    }
  }
}

/** "a" and "b" do not exist. */
export function unknownTopics(topics: readonly string[], options?: ErrorOptions): UnknownTopicError {
  const names = topics.map((topic) => `"${topic}"`).join(", ");
  const message = topics.length === 1
    ? `Cannot find the topic ${names} in Kafka; create it first`
    : `Cannot find the topics ${names} in Kafka; create them first`;
  return new UnknownTopicError(topics, message, options);
}

/** The error for a partition that a topic does not have. */
export function unknownPartition(topic: string, partition: number, partitions: number): UnknownTopicError {
  const has = partitions === 1 ? "it has 1 partition" : `it has ${partitions} partitions`;
  return new UnknownTopicError([topic], `Cannot find partition ${partition} of the topic "${topic}": ${has}, from 0`);
}

/** Of each partition the node that leads it, -1 if none does. */
function leadersOf({ partitionMetadata }: TopicMetadata): readonly number[] {
  const leaders = new Array<number>(partitionMetadata.length).fill(-1);
  for (const { partitionId, leader } of partitionMetadata) leaders[partitionId] = leader;
  return leaders;
}

/** No topic can have a name that is not allowed. */
const MISSING = new Set<number>([Code.UNKNOWN_TOPIC_OR_PARTITION, Code.INVALID_TOPIC]);
