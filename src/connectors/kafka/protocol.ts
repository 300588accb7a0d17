/** The requests that we send and their answers, in the form of kafkajs, which our codecs share: int64 is text. */
import type { Buffer } from "node:buffer";

/** The arguments and the answer of each request, by kafkajs' name of it. */
export interface Apis {
  ApiVersions: Api<ApiVersionsArguments, ApiVersionsAnswer>;
  SaslHandshake: Api<{ mechanism: string }, CodeAnswer & { readonly enabledMechanisms: readonly string[] }>;
  SaslAuthenticate: Api<{ authBytes: Buffer }, SaslAuthenticateAnswer>;
  Metadata: Api<{ topics: readonly string[]; allowAutoTopicCreation: false }, MetadataAnswer>;
  ListOffsets: Api<{ isolationLevel: number; topics: readonly ListOffsetsTopic[] }, ListOffsetsAnswer>;
  Fetch: Api<FetchArguments, never>;
  Produce: Api<{ acks: -1; timeout: number; topicData: readonly [] }, ProduceAnswer>;
  CreateTopics: Api<{ topics: readonly NewTopic[]; validateOnly: boolean; timeout: number }, CreateTopicsAnswer>;
  DeleteTopics: Api<DeleteTopicsArguments, TopicErrorsAnswer>;
  DescribeConfigs: Api<{ resources: readonly ConfigQuery[] }, DescribeConfigsAnswer>;
  GroupCoordinator: Api<{ groupId: string; coordinatorType: CoordinatorType }, CoordinatorAnswer>;
  JoinGroup: Api<JoinGroupArguments, JoinGroupAnswer>;
  SyncGroup: Api<SyncGroupArguments, CodeAnswer & { readonly memberAssignment: Buffer }>;
  Heartbeat: Api<{ groupId: string; groupGenerationId: number; memberId: string; groupInstanceId: null }, CodeAnswer>;
  LeaveGroup: Api<{ groupId: string; memberId: string }, CodeAnswer>;
  DescribeGroups: Api<{ groupIds: readonly string[] }, { readonly groups: readonly GroupDescription[] }>;
  DeleteGroups: Api<readonly string[], { readonly results: readonly (CodeAnswer & { readonly groupId: string })[] }>;
  OffsetFetch: Api<{ groupId: string; topics: readonly [] }, OffsetFetchAnswer>;
  InitProducerId: Api<InitProducerIdArguments, InitProducerIdAnswer>;
  AddPartitionsToTxn: Api<Transaction & { topics: readonly TopicPartitions[] }, AddPartitionsAnswer>;
  AddOffsetsToTxn: Api<Transaction & { groupId: string }, CodeAnswer>;
  TxnOffsetCommit: Api<Transaction & { groupId: string; topics: readonly OffsetCommitTopic[] }, TxnOffsetCommitAnswer>;
  EndTxn: Api<Transaction & { transactionResult: boolean }, EndTxnAnswer>;
}

interface Api<Arguments, Answer> {
  readonly args: Arguments;
  readonly answer: Answer;
}

/** What a coordinator coordinates. */
export type CoordinatorType = typeof GROUP | typeof TRANSACTION;
export const GROUP = 0;
export const TRANSACTION = 1;

/** Isolation level: all that is written. */
export const READ_UNCOMMITTED = 0;
/** Isolation level: up to the last stable offset, aborted transactions listed. */
export const READ_COMMITTED = 1;
export const LATEST = -1;
export const EARLIEST = -2;

/** An answer that is one error code. */
export interface CodeAnswer {
  readonly errorCode: number;
}

/** The identity of a producer, from InitProducerId, by which the broker knows its requests. */
export interface ProducerEpoch {
  readonly producerId: bigint;
  readonly producerEpoch: number;
}

/** The identity in every request of a transaction. */
export interface Transaction extends ProducerEpoch {
  readonly transactionalId: string;
}

export interface TopicPartitions {
  readonly topic: string;
  readonly partitions: readonly number[];
}

interface ApiVersionsArguments {
  /** The client's name and version, for the broker's metrics. */
  readonly software: { readonly name: string; readonly version: string };
}

export interface ApiVersionsAnswer {
  readonly errorCode: number;
  readonly apiVersions: readonly ApiVersion[];
  /** Levels of the cluster's features that are switched on. Left out by older versions. */
  readonly features?: ReadonlyMap<string, number>;
}

/** Sends a request of a login to the broker. */
export type Ask = <Name extends "SaslHandshake" | "SaslAuthenticate">(
  api: Name,
  args: Apis[Name]["args"],
) => Promise<Apis[Name]["answer"]>;

interface ApiVersion {
  readonly apiKey: number;
  readonly minVersion: number;
  readonly maxVersion: number;
}

interface SaslAuthenticateAnswer extends CodeAnswer {
  readonly errorMessage: string | null;
  readonly authBytes: Buffer;
  /** How long the login lasts; "0" or undefined: for ever. */
  readonly sessionLifetimeMs?: string;
}

export interface MetadataAnswer {
  readonly brokers: readonly { readonly nodeId: number; readonly host: string; readonly port: number }[];
  readonly controllerId: number;
  readonly topicMetadata: readonly TopicMetadata[];
}

export interface TopicMetadata {
  readonly topicErrorCode: number;
  readonly topic: string;
  /** A topic that is created again has another id. Undefined if the topic does not exist, or before Kafka 2.8. */
  readonly topicId?: string | undefined;
  readonly isInternal: boolean;
  readonly partitionMetadata: readonly {
    readonly partitionErrorCode: number;
    readonly partitionId: number;
    /** The leading node, -1 while the partition has no leader. */
    readonly leader: number;
    /** The nodes that should keep a copy. */
    readonly replicas: readonly number[];
  }[];
}

interface ListOffsetsTopic {
  readonly topic: string;
  readonly partitions: readonly { readonly partition: number; readonly timestamp: number }[];
}

export interface ListOffsetsAnswer {
  readonly responses: readonly {
    readonly topic: string;
    readonly partitions: readonly { readonly partition: number; readonly errorCode: number; readonly offset: string }[];
  }[];
}

export interface FetchArguments {
  readonly isolationLevel: number;
  readonly maxWaitTime: number;
  readonly minBytes: number;
  readonly maxBytes: number;
  readonly topics: readonly {
    readonly topic: string;
    readonly partitions: readonly {
      readonly partition: number;
      readonly fetchOffset: number;
      readonly maxBytes: number;
    }[];
  }[];
}

export interface ProduceAnswer {
  readonly topics: readonly {
    readonly topicName: string;
    readonly partitions: readonly {
      readonly partition: number;
      readonly errorCode: number;
      /** Offset of the batch's first record; "-1" if the broker does not know. */
      readonly baseOffset: string;
    }[];
  }[];
}

export interface NewTopic {
  readonly topic: string;
  readonly numPartitions: number;
  readonly replicationFactor: number;
  readonly configEntries: readonly ConfigEntry[];
}

/** A setting of a topic. */
export interface ConfigEntry {
  readonly name: string;
  readonly value: string;
}

interface DeleteTopicsArguments {
  readonly topics: readonly string[];
  /** The topics' ids, as far as they are known: from version 6 on a request names topics by their ids. */
  readonly ids: ReadonlyMap<string, string>;
  readonly timeout: number;
}

export interface TopicErrorsAnswer {
  readonly topicErrors: readonly {
    /** "" if the topic was named by its id and does not exist. */
    readonly topic: string;
    readonly topicId?: string | undefined;
    readonly errorCode: number;
  }[];
}

export interface CreateTopicsAnswer {
  readonly topicErrors: readonly {
    readonly topic: string;
    readonly errorCode: number;
    readonly errorMessage?: string | null;
  }[];
}

interface ConfigQuery {
  /** 2: a topic; 4: a broker, whose name is its id. */
  readonly type: 2 | 4;
  readonly name: string;
  readonly configNames: readonly string[];
}

interface DescribeConfigsAnswer {
  readonly resources: readonly {
    readonly errorCode: number;
    readonly configEntries: readonly { readonly configName: string; readonly configValue: string | null }[];
  }[];
}

interface CoordinatorAnswer extends CodeAnswer {
  readonly coordinator: { readonly nodeId: number; readonly host: string; readonly port: number };
}

interface JoinGroupArguments {
  readonly groupId: string;
  readonly sessionTimeout: number;
  readonly rebalanceTimeout: number;
  readonly memberId: string;
  readonly protocolType: string;
  readonly groupProtocols: readonly { readonly name: string; readonly metadata: Buffer }[];
}

export interface JoinGroupAnswer extends CodeAnswer {
  readonly generationId: number;
  readonly leaderId: string;
  readonly memberId: string;
  /** Empty unless we are the leader. */
  readonly members: readonly { readonly memberId: string; readonly memberMetadata: Buffer }[];
}

interface SyncGroupArguments {
  readonly groupId: string;
  readonly generationId: number;
  readonly memberId: string;
  readonly groupAssignment: readonly { readonly memberId: string; readonly memberAssignment: Buffer }[];
}

export interface GroupDescription extends CodeAnswer {
  readonly groupId: string;
  /** "Stable", "PreparingRebalance", "CompletingRebalance", "Empty" or "Dead". */
  readonly state: string;
  readonly members: readonly { readonly memberMetadata: Buffer; readonly memberAssignment: Buffer }[];
}

interface OffsetFetchAnswer extends CodeAnswer {
  readonly responses: readonly {
    readonly topic: string;
    /** An offset of "-1" stands for no position. */
    readonly partitions: readonly { readonly partition: number; readonly offset: string; readonly errorCode: number }[];
  }[];
}

interface InitProducerIdArguments {
  readonly transactionalId: string | null;
  readonly transactionTimeout: number;
  /** The epoch to go on from, refused if it has been fenced; from version 3 on. Left out: the current owner is fenced. */
  readonly current?: ProducerEpoch;
}

export interface EndTxnAnswer extends CodeAnswer {
  /** The epoch of the next transaction. From version 5 on, and with code 0. */
  readonly next?: ProducerEpoch | undefined;
}

interface InitProducerIdAnswer extends CodeAnswer {
  readonly producerId: string;
  readonly producerEpoch: number;
}

interface AddPartitionsAnswer {
  readonly errors: readonly {
    readonly topic: string;
    readonly partitionErrors: readonly { readonly partition: number; readonly errorCode: number }[];
  }[];
}

export interface OffsetCommitTopic {
  readonly topic: string;
  readonly partitions: readonly { readonly partition: number; readonly offset: number; readonly metadata: null }[];
}

interface TxnOffsetCommitAnswer {
  readonly topics: readonly {
    readonly topic: string;
    readonly partitions: readonly { readonly partition: number; readonly errorCode: number }[];
  }[];
}
