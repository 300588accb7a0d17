import type { Broker } from "../../../src/connectors/broker.ts";
import type { Scope } from "./scope.ts";

/** Registers a case: what it promises, what it does, and whether the adapter has what it needs. */
export type Register = (promise: string, body: (scope: Scope) => Promise<void>, needs?: boolean) => void;

/** What an adapter's test says about its broker. */
export interface ContractOptions {
  /** Skips every case; say why in the name. */
  readonly ignore?: boolean;
  /** Session timeout of the jobs. Long enough that "at once" and "after the timeout" differ. Default 10,000 ms. */
  readonly sessionTimeoutMs?: number;
  /**
   * Takes the right to run `job` away from the instance that has it, without notice: what another instance does that
   * believes it dead. Cases about fencing are skipped without it.
   */
  readonly fence?: (broker: Broker, job: string) => Promise<void>;
  /** Whether a case fails when it leaves timers or sockets behind; default true. */
  readonly sanitize?: boolean;
}
