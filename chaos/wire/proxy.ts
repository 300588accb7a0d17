/**
 * A TCP proxy between brokers and their clients that understands Kafka's protocol. It makes faults that no broker makes on
 * request, and imitates brokers that cannot be run here.
 *
 * It does not support TLS, and of SASL only what Kafka wraps into its own requests.
 */
import { type Endpoint, OwnAddresses } from "./addresses.ts";
import { askNodes } from "./ask_nodes.ts";
import type { WireFilter } from "./filter.ts";
import { type Path, WireNode } from "./node.ts";
import { ActiveRule, type WireRule } from "./rules.ts";
import { TopicIds } from "./topic_ids.ts";
import { ReadableVersions, VersionCap, type VersionTable } from "./versions.ts";

/** Options of a {@link WireProxy}. */
export interface WireOptions {
  /** The versions that clients see, instead of the brokers' own. */
  readonly versions?: VersionTable;
  /** More filters, in this order. */
  readonly filters?: readonly WireFilter[];
  /** The port for the first of the brokers; left out: a free one, as for the others. */
  readonly port?: number;
}

/** Stands in front of all brokers of a cluster, at a port of its own for each. */
export class WireProxy implements Path, AsyncDisposable {
  /** The brokers that it knows, by their ids. New ones are added. */
  readonly nodes = new Map<number, WireNode>();
  readonly #starting = new Map<number, Promise<WireNode>>();
  readonly #rules: ActiveRule[] = [];
  readonly #cap: VersionCap | undefined;
  readonly #filters: readonly WireFilter[];
  readonly #topicIds = new TopicIds();

  private constructor({ versions, filters = [] }: WireOptions) {
    this.#cap = versions === undefined ? undefined : new VersionCap(versions);
    const standFor = async (id: number, at: Endpoint) => (await this.#nodeAt(id, at)).endpoint;
    this.#filters = [
      new ReadableVersions(),
      ...this.#cap === undefined ? [] : [this.#cap],
      this.#topicIds,
      new OwnAddresses(standFor),
      ...filters,
    ];
  }

  /**
   * @param servers `host:port[,host:port…]` of some brokers, which name the others
   * @throws {Error} if no broker answers, or the port is taken
   */
  static async start(servers: string, options: WireOptions = {}): Promise<WireProxy> {
    const proxy = new WireProxy(options);
    for (const [id, target] of await askNodes(servers)) {
      await proxy.#nodeAt(id, target, proxy.nodes.size === 0 ? options.port : undefined);
    }
    return proxy;
  }

  /** `localhost:port[,localhost:port…]` for clients, of all known brokers. */
  get bootstrapServers(): string {
    return [...this.nodes.values()].map(({ endpoint: { host, port } }) => `${host}:${port}`).join(",");
  }

  /** Requests in versions outside of the version table, such as "Fetch 12". */
  get refused(): readonly string[] {
    return this.#cap?.refused ?? [];
  }

  /** @throws {RangeError} naming the brokers that exist */
  node(id: number): WireNode {
    const node = this.nodes.get(id);
    if (node !== undefined) return node;
    throw new RangeError(`Cannot find broker ${id} behind the proxy: there are ${[...this.nodes.keys()].join(", ")}`);
  }

  /** Adds a rule behind the others. */
  add(rule: WireRule): ActiveRule {
    const active = new ActiveRule(rule, (rule) => {
      const at = this.#rules.indexOf(rule);
      if (at >= 0) this.#rules.splice(at, 1);
    });
    this.#rules.push(active);
    return active;
  }

  drop(): void {
    for (const node of this.nodes.values()) node.drop();
  }

  reset(): void {
    for (const node of this.nodes.values()) node.reset();
  }

  async refuse(): Promise<void> {
    await Promise.all(this.nodes.values().map((node) => node.refuse()));
  }

  async accept(): Promise<void> {
    await Promise.all(this.nodes.values().map((node) => node.accept()));
  }

  freeze(): void {
    for (const node of this.nodes.values()) node.freeze();
  }

  thaw(): void {
    for (const node of this.nodes.values()) node.thaw();
  }

  async connected(): Promise<void> {
    await Promise.race(this.nodes.values().map((node) => node.connected()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const rule of [...this.#rules]) rule.remove();
    await Promise.all(this.nodes.values().map((node) => node.close()));
  }

  async #nodeAt(id: number, target: Endpoint, port = 0): Promise<WireNode> {
    let starting = this.#starting.get(id);
    if (starting === undefined) {
      starting = WireNode.start({ id, target, port }, {
        filters: this.#filters,
        nameOf: (topicId) => this.#topicIds.nameOf(topicId),
        allows: (request) => this.#cap?.allows(request) ?? true,
        rules: (request) => this.#rules.filter((rule) => rule.takes(request)),
      });
      this.#starting.set(id, starting);
    }
    const node = await starting;
    this.nodes.set(id, node);
    node.target = target;
    return node;
  }
}
