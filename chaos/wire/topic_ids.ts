/** Which topic an id stands for, as newer requests do not name topics. */
import type { Message } from "./codec.ts";
import type { WireFilter } from "./filter.ts";
import type { WireRequest } from "./request.ts";

/** Learns the ids of topics from requests and answers. */
export class TopicIds implements WireFilter {
  readonly apis = ["Metadata"];
  readonly #names = new Map<string, string>();

  /** The topic with that id, as hex digits; undefined if no client has asked for it yet. */
  nameOf(topicId: string): string | undefined {
    return this.#names.get(topicId);
  }

  answer(_: WireRequest, { topics }: Message): boolean {
    for (const { name, topicId } of topics as Message[]) {
      if (topicId !== undefined && typeof name === "string") this.#names.set(topicId, name);
    }
    return false;
  }
}
