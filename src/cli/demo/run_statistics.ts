/** The demo's second job alone, as a file: `deno task follow` runs it again for a record of the demo's topics. */
import { openBroker } from "../../connectors/mod.ts";
import { brokerSettings, createLogger, runMain } from "../../utils.ts";
import { describeStatistics } from "./jobs.ts";

async function main(signal: AbortSignal): Promise<void> {
  const logger = createLogger();
  await using broker = await openBroker({ settings: brokerSettings(), logger });
  await describeStatistics(broker, { logger, signal }).execute();
}

if (import.meta.main) await runMain(main);
