/** Replaces the addresses of brokers in answers by those of the proxy. */
import type { Message } from "./codec.ts";
import type { WireFilter } from "./filter.ts";
import type { WireRequest } from "./request.ts";

/** The address of a broker. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** Returns the proxy's address for a broker; `at` is the address of the broker itself. */
export type StandFor = (nodeId: number, at: Endpoint) => Promise<Endpoint>;

/** The lists of endpoints in answers, by api. Those of Produce and Fetch name new leaders. */
const LISTS: Readonly<Record<string, string>> = {
  Metadata: "brokers",
  DescribeCluster: "brokers",
  FindCoordinator: "coordinators",
  Produce: "nodeEndpoints",
  Fetch: "nodeEndpoints",
};

/** Replaces every endpoint in an answer by the proxy's own for that broker, so that no connection bypasses the proxy. */
export class OwnAddresses implements WireFilter {
  readonly apis = Object.keys(LISTS);
  readonly #standFor: StandFor;

  constructor(standFor: StandFor) {
    this.#standFor = standFor;
  }

  async answer(request: WireRequest, answer: Message): Promise<boolean> {
    // Up to version 3 the answer holds a single coordinator.
    const lone = request.api === "FindCoordinator" && answer.coordinators === undefined ? [answer] : [];
    const endpoints = [...lone, ...(answer[LISTS[request.api]!] as Message[] | undefined ?? [])];
    for (const endpoint of endpoints) {
      const { nodeId, brokerId, host, port } = endpoint;
      // Without a known endpoint a broker answers port -1.
      if (port > 0) Object.assign(endpoint, await this.#standFor(nodeId ?? brokerId, { host, port }));
    }
    return endpoints.length > 0;
  }
}
