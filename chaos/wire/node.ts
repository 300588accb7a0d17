/** The proxy's listener for one broker. */
import { createServer, type Server, type Socket } from "node:net";
import type { Endpoint } from "./addresses.ts";
import { PassedConnection, type Treatment } from "./connection.ts";

/** Faults of the path to a broker. */
export interface Path {
  /** Ends all connections. What is held or late arrives all the same. */
  drop(): void;
  /** Ends them by a TCP reset. */
  reset(): void;
  /** Ends all connections and refuses new ones, as if nothing listened there. */
  refuse(): Promise<void>;
  /** Ends {@link refuse}. */
  accept(): Promise<void>;
  /** Stops all traffic in both directions on connections that stay open; new connections are accepted and pass nothing either. */
  freeze(): void;
  /** Ends {@link freeze}: what was sent meanwhile arrives now, even if its sender has gone. */
  thaw(): void;
  /** Resolves with the next new connection. */
  connected(): Promise<void>;
}

/** One broker behind the proxy. */
export class WireNode implements Path {
  readonly id: number;
  /** The address of the broker itself; it changes when the broker has moved. */
  target: Endpoint;
  readonly #treatment: Treatment;
  readonly #connections = new Set<PassedConnection>();
  #server: Server | undefined;
  #port: number;
  #frozen: PromiseWithResolvers<void> | undefined;
  #next = Promise.withResolvers<void>();

  private constructor(id: number, target: Endpoint, port: number, treatment: Treatment) {
    this.id = id;
    this.target = target;
    this.#port = port;
    this.#treatment = treatment;
  }

  /** Starts to listen. @param port 0 for a free one */
  static async start(
    { id, target, port = 0 }: { readonly id: number; readonly target: Endpoint; readonly port?: number },
    treatment: Treatment,
  ): Promise<WireNode> {
    const node = new WireNode(id, target, port, treatment);
    await node.accept();
    return node;
  }

  /** The address for clients. */
  get endpoint(): Endpoint {
    return { host: "localhost", port: this.#port };
  }

  drop(): void {
    for (const connection of this.#connections) connection.drop();
  }

  reset(): void {
    for (const connection of this.#connections) connection.reset();
  }

  async refuse(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    const closed = server === undefined ? undefined : new Promise((resolve) => server.close(resolve));
    this.drop();
    await closed;
  }

  accept(): Promise<void> {
    if (this.#server !== undefined) return Promise.resolve();
    const server = createServer((client) => this.#take(client));
    this.#server = server;
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(this.#port, "localhost", () => {
        this.#port = (server.address() as { readonly port: number }).port;
        resolve();
      });
    });
  }

  freeze(): void {
    this.#frozen ??= Promise.withResolvers();
  }

  thaw(): void {
    this.#frozen?.resolve();
    this.#frozen = undefined;
  }

  connected(): Promise<void> {
    return this.#next.promise;
  }

  /** Ends everything at once. */
  async close(): Promise<void> {
    this.thaw();
    const closed = this.refuse();
    for (const connection of this.#connections) connection.close();
    await Promise.all([closed, ...[...this.#connections].map(({ over }) => over)]);
  }

  #take(client: Socket): void {
    const connection = new PassedConnection(client, {
      ...this.#treatment,
      nodeId: this.id,
      target: this.target,
      open: () => this.#frozen?.promise,
    });
    this.#connections.add(connection);
    void connection.over.then(() => this.#connections.delete(connection));
    const next = this.#next;
    this.#next = Promise.withResolvers();
    next.resolve();
  }
}
