/** Puts the proxy in the place of the brokers, wherever an answer says where they are. */
import type { Message } from "./codec.ts";
import type { WireFilter } from "./filter.ts";
import type { WireRequest } from "./request.ts";

/** Where a broker is. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** Tells where the proxy stands for a broker; `at` is where the broker itself is. */
export type StandFor = (nodeId: number, at: Endpoint) => Promise<Endpoint>;

/** The lists of endpoints in answers, by api. Those of Produce and Fetch name new leaders. */
const LISTS: Readonly<Record<string, string>> = {
  Metadata: "brokers",
  DescribeCluster: "brokers",
  FindCoordinator: "coordinators",
  Produce: "nodeEndpoints",
  Fetch: "nodeEndpoints",
};

/** Nothing goes past the proxy: every endpoint in an answer becomes the proxy's own for that broker. */
export class OwnAddresses implements WireFilter {
  readonly apis = Object.keys(LISTS);
  readonly #standFor: StandFor;

  constructor(standFor: StandFor) {
    this.#standFor = standFor;
  }

  async answer(request: WireRequest, answer: Message): Promise<boolean> {
    // Up to version 3 the answer is the one coordinator itself.
    const lone = request.api === "FindCoordinator" && answer.coordinators === undefined ? [answer] : [];
    const endpoints = [...lone, ...(answer[LISTS[request.api]!] as Message[] | undefined ?? [])];
    for (const endpoint of endpoints) {
      const { nodeId, brokerId, host, port } = endpoint;
      // Where it does not know one, a broker answers port -1.
      if (port > 0) Object.assign(endpoint, await this.#standFor(nodeId ?? brokerId, { host, port }));
    }
    return endpoints.length > 0;
  }
}
