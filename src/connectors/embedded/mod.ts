/**
 * The broker port on one local file, for several processes of one machine at once.
 *
 * Everything lies in `log.sqlite`; beside it, `leases/` holds a file for each instance of a job, locked while it is alive.
 */
import type { Broker } from "../broker.ts";
import { EmbeddedBroker } from "./embedded_broker.ts";
import { Database } from "./database.ts";

/** Where the log is, and how safe its commits are. */
export interface EmbeddedOptions {
  /** The directory of the log, created if it is missing. */
  readonly dir: string;
  /**
   * What a power failure may lose: with "normal", the default, the last commits; with "full" nothing, but each commit waits for
   * the disk. A process that dies loses no commit either way.
   */
  readonly sync?: "normal" | "full";
  /** How long to wait for another process that writes, ms; default 10,000. This process is blocked meanwhile. */
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
