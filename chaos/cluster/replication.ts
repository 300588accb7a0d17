import { ActiveRule, WireNode, type WireRule } from "../wire/mod.ts";

/** A proxy between the brokers of a cluster, which can delay the requests of one to another. */
export class Replication implements AsyncDisposable {
  readonly #nodes = new Map<number, WireNode>();
  readonly #rules = new Set<ActiveRule>();

  /** The brokers that it stands before. */
  get brokers(): number[] {
    return [...this.#nodes.keys()];
  }

  /** @returns the port where the others are to find this broker */
  async standBefore(broker: number, port: number): Promise<number> {
    const node = await WireNode.start({ id: broker, target: { host: "localhost", port } }, {
      filters: [],
      nameOf: () => undefined,
      allows: () => true,
      rules: (request) => [...this.#rules].filter((rule) => rule.takes(request)),
    });
    this.#nodes.set(broker, node);
    return node.endpoint.port;
  }

  /** Adds a rule; its `nodeId` is the broker that gets the request, a leader from which followers fetch. */
  add(rule: WireRule): ActiveRule {
    const active = new ActiveRule(rule, (rule) => this.#rules.delete(rule));
    this.#rules.add(active);
    return active;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const rule of this.#rules) rule.remove();
    await Promise.all([...this.#nodes.values()].map((node) => node.close()));
  }
}
