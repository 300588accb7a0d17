/** Filters, which change requests and answers in the proxy. */
import type { Message } from "./codec.ts";
import type { WireRequest } from "./request.ts";

/** Reads the messages of some apis, and may change them. */
export interface WireFilter {
  /** Kafka's names of the apis. A version of these that the proxy cannot read does not pass. */
  readonly apis: readonly string[];
  /**
   * Gets a request before the broker does, and may change its body. It may answer instead of the broker, or return
   * "hang up".
   */
  request?(request: WireRequest): Answered | "hang up" | undefined;
  /** Gets an answer before the client does, and may change it. @returns whether it has */
  answer?(request: WireRequest, answer: Message, nameOf: TopicNames): boolean | Promise<boolean>;
}

/** The names of topics that newer requests name by their ids; undefined for a topic that no client has asked for yet. */
export type TopicNames = (topicId: string) => string | undefined;

/** An answer instead of the broker's. */
export interface Answered {
  readonly answer: Message;
  /** Left out: that of the request. */
  readonly version?: number;
}
