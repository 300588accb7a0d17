/** What changes requests and answers as they pass. */
import type { Message } from "./codec.ts";
import type { WireRequest } from "./request.ts";

/** Looks at the messages of some apis, and may change them. */
export interface WireFilter {
  /** Kafka's names. A version of these that the proxy cannot read does not pass. */
  readonly apis: readonly string[];
  /**
   * Sees a request before the broker does, and may give it another body. It may answer in the broker's place, or say
   * "hang up".
   */
  request?(request: WireRequest): Answered | "hang up" | undefined;
  /** Sees an answer before the client does, and changes it. @returns whether it has */
  answer?(request: WireRequest, answer: Message, nameOf: TopicNames): boolean | Promise<boolean>;
}

/** The names of topics that newer requests call by their ids; undefined for one that no client has asked for yet. */
export type TopicNames = (topicId: string) => string | undefined;

/** An answer in the broker's place. */
export interface Answered {
  readonly answer: Message;
  /** Left out: that of the request. */
  readonly version?: number;
}
