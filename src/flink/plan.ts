/** A job as data, as the runner needs it: what it reads and writes, and its stages. What its functions do is in the bundle. */
/** The whole job. */
export interface FlinkPlan {
  /** Version of the protocol that its workers speak. */
  readonly protocol: number;
  readonly jobName: string;
  /** Of the description of the job: every worker must come to the same. */
  readonly hash: string;
  /** Whether it ends where its topics end now. */
  readonly bounded: boolean;
  readonly delivery: "exactly-once" | "at-least-once";
  /** What is brought into the order of time. */
  readonly order: Order;
  /** How far a timestamp may be ahead of the clock to count, ms; null: any. */
  readonly maxAheadMs: number | null;
  /** Between two checkpoints, ms; with exactly once results become visible with them. */
  readonly commitIntervalMs: number;
  /** Between two looks of the sources at their event time, ms. */
  readonly watermarkIntervalMs: number;
  /** The longest time that a record waits for others of its batch, ms. */
  readonly lingerMs: number;
  /** A worker that takes longer for one batch is held to hang, ms. */
  readonly answerWithinMs: number;
  /** After so long a transaction is ended whose writer is gone, ms: until then nothing behind it can be read. */
  readonly transactionTimeoutMs: number;
  /** Settings of Kafka's clients: where the brokers are, TLS and a login. Empty for a job without topics. */
  readonly kafka: Readonly<Record<string, string>>;
  readonly worker: WorkerPlan;
  readonly submission: Submission;
  readonly stages: readonly StagePlan[];
}

/**
 * What is brought into the order of time, which costs that records wait for those of partitions that are behind.
 *
 * - `topics`: what is written to a topic, partition by partition
 * - `keys`: that, and what keyed operators get
 * - `none`: nothing; records go on as they come
 */
export type Order = typeof ORDERS[number];

/** All there are. */
export const ORDERS = ["topics", "keys", "none"] as const;

/** How a worker is started. */
export interface WorkerPlan {
  /** Names the bundle, so that a TaskManager writes it once. */
  readonly bundleHash: string;
  /** Of `deno run`: what the job may do. */
  readonly flags: readonly string[];
  /** Of the job. */
  readonly arguments: readonly string[];
  /** All variables that the job sees. */
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * How the job was submitted, for submitting it once more. The cluster keeps these texts and shows them on a page of the job: values
 * of variables, logins and keys are not among them.
 */
export interface Submission {
  /** The job's file, as a path from the project's folder. */
  readonly file: string;
  /** Of the job: a list of texts, as JSON. */
  readonly arguments: string;
  /** Names of the variables that travel with the job, with commas between them. */
  readonly env: string;
  readonly order: Order;
  /** `answerWithinMs` of the plan. */
  readonly answerWithinMs: string;
  /** Where the cluster reaches the brokers; empty: where the job was submitted. */
  readonly clusterServers: string;
}

/** Operators that run together, from a source or an exchange to the next exchange or topics. */
export interface StagePlan {
  /** Its place in the plan. */
  readonly index: number;
  /** Stages of one number share a worker, subtask by subtask. */
  readonly worker: number;
  /** Of the source or operator that it begins with. */
  readonly uid: string;
  /** Uids of its operators and, if it begins with one, its source: what their state is kept under. */
  readonly operators: readonly string[];
  /** Names of its operators, "map -> filter". */
  readonly name: string;
  /** Whether the watermarks that come in are event time, which the worker has to know; or are made by it. */
  readonly eventTime: boolean;
  /** Whether it has asynchronous operators, whose records at work are part of its state. */
  readonly calls: boolean;
  readonly input: TopicInput | MadeInput | ExchangeInput;
  /** Where its records go, by the number that the worker gives with each. */
  readonly outlets: readonly OutletPlan[];
}

/** Records of a topic. */
export interface TopicInput {
  readonly kind: "topic";
  /** Of the source. */
  readonly name: string;
  readonly topic: string;
  /** Where it begins without a savepoint; a time in ms since the Unix epoch. */
  readonly from: "earliest" | "latest" | number;
  readonly watermarks: WatermarkPlan;
}

/** Records that workers make up of their numbers: of a collection, a sequence or a generator. */
export interface MadeInput {
  readonly kind: "made";
  /** Of the source. */
  readonly name: string;
  /** Number of the first record, without a savepoint. */
  readonly first: number;
  /** Behind the last record; null if there is no last one. */
  readonly end: number | null;
  /** null: as fast as they are taken */
  readonly ratePerSecond: number | null;
  readonly watermarks: WatermarkPlan;
}

/**
 * How watermarks are made of the timestamps of a partition: event time, only what the order of records needs, or nothing. `worker`:
 * event time by functions of the job, in the worker.
 */
export type WatermarkPlan =
  | { readonly kind: "none" }
  | { readonly kind: "order" }
  | { readonly kind: "worker" }
  | {
    readonly kind: "bounded";
    /** 0 for timestamps that never go back. */
    readonly outOfOrdernessMs: number;
    /** After so long without a record a partition holds the others back no longer, ms; 0: never. */
    readonly idleMs: number;
  };

/** Records of other stages. */
export interface ExchangeInput {
  readonly kind: "exchange";
  /** Whether each goes to the subtask of its key; else to any. */
  readonly keyed: boolean;
  /** Whether those of its second input go to all subtasks. */
  readonly broadcast: boolean;
}

/**
 * How the records of a topic are put into the order of time: not at all; by watermarks, which say when no earlier one will come; or by
 * how far the partitions have been read that they come from.
 */
export type OrderPlan = "none" | "watermarks" | "positions";

/** A way out of a stage. */
export type OutletPlan =
  | {
    readonly kind: "exchange";
    readonly stage: number; /** Whether to all of its subtasks. */
    readonly broadcast: boolean;
  }
  | {
    readonly kind: "topic";
    /** Of the sink. */
    readonly uid: string;
    readonly name: string;
    readonly topic: string;
    readonly order: OrderPlan;
    /** As Kafka's producers call it; null: their default. */
    readonly compression: string | null;
    /** Whether it is the topic of the job's dead letters, which is made when the first is written. */
    readonly deadLetters?: boolean;
  };
