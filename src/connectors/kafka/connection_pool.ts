import { BrokerError } from "../broker_errors.ts";
import { type Address, formatAddress } from "./address.ts";
import { Connection, type ConnectionSettings } from "./connection.ts";

/** Settings of the connections, and how they are opened. */
export interface PoolSettings extends ConnectionSettings {
  /** Opens connections; left out: `Connection.open()`. */
  readonly open?: typeof Connection.open;
}

/** One connection to each address, opened when it is needed, and again after it has ended. */
export class ConnectionPool {
  readonly #settings: PoolSettings;
  /** By address, with connections that are being opened. */
  readonly #connections = new Map<string, Promise<Connection>>();
  readonly #open = new Map<string, Connection>();
  readonly #closing = new AbortController();
  readonly #closed = Promise.withResolvers<void>();

  constructor(settings: PoolSettings) {
    this.#settings = settings;
  }

  /** Connections on which requests can be sent. */
  get open(): Connection[] {
    return [...this.#open.values()].filter(({ isOpen }) => isOpen);
  }

  /** Resolves when the pool has been closed. */
  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  /** The connection to an address. @throws {PassingError} if it cannot be opened, see {@link Connection.open} */
  async connect(address: Address): Promise<Connection> {
    const key = formatAddress(address);
    if (this.#open.get(key)?.isOpen === false) {
      this.#open.delete(key);
      this.#connections.delete(key);
    }
    if (this.#closing.signal.aborted) throw new BrokerError("Cannot use Kafka: it was closed");
    let opening = this.#connections.get(key);
    if (opening === undefined) {
      const { open = Connection.open } = this.#settings;
      opening = open(address, this.#settings, this.#closing.signal);
      this.#connections.set(key, opening);
    }
    try {
      const connection = await opening;
      this.#open.set(key, connection);
      return connection;
    } catch (error) {
      if (this.#connections.get(key) === opening) this.#connections.delete(key);
      throw error;
    }
  }

  /** Resolves when all sockets are closed. Requests without an answer fail. */
  async close(): Promise<void> {
    this.#closing.abort();
    const openings = [...this.#connections.values()];
    this.#connections.clear();
    await Promise.all(openings.map(async (opening) => {
      const connection = await opening.catch(() => undefined);
      await connection?.close();
    }));
    this.#closed.resolve();
  }
}
