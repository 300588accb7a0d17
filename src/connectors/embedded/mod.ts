/**
 * The broker port on one local file, for several processes of one machine at once.
 *
 * Everything lies in `log.sqlite`; beside it, `leases/` holds a file per instance of a job, locked as long as it lives.
 */
import type { Broker } from "../broker.ts";
import { EmbeddedBroker } from "./embedded_broker.ts";
import { Database } from "./database.ts";

/** Where the log is, and how safe. */
export interface EmbeddedOptions {
  /** Made if it is missing. */
  readonly dir: string;
  /**
   * What a power loss may take: with "normal", the default, the last commits; with "full" nothing, at the price of waiting for
   * the disk at each. A process that dies loses nothing committed either way.
   */
  readonly sync?: "normal" | "full";
  /** How long to wait for another process that writes, default 10,000 ms. This one stands still meanwhile. */
  readonly busyTimeoutMs?: number;
}

/**
 * Opens the log in a directory of this machine.
 *
 * @throws {BrokerError} if the directory or its file cannot be used
 */
export async function openEmbeddedBroker(options: EmbeddedOptions): Promise<Broker> {
  const { dir, sync = "normal", busyTimeoutMs = 10_000 } = options;
  return new EmbeddedBroker(await Database.open(dir, { sync, busyTimeoutMs }));
}
