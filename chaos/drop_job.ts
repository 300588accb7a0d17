import type { Broker } from "../src/connectors/broker.ts";
import { JobActiveError } from "../src/connectors/broker_errors.ts";
import { SYSTEM_CLOCK } from "../src/engine/mod.ts";

/**
 * Removes the state of a job whose processes have ended. A job that was killed counts as running until its session times out.
 *
 * @throws {JobActiveError} if it runs even then
 */
export async function dropJob(port: Broker, job: string, sessionTimeoutMs: number): Promise<void> {
  const deadline = performance.now() + 3 * sessionTimeoutMs + 5_000;
  for (;;) {
    try {
      return await port.dropJob(job);
    } catch (error) {
      if (!(error instanceof JobActiveError) || performance.now() > deadline) throw error;
      await SYSTEM_CLOCK.sleep(200);
    }
  }
}
