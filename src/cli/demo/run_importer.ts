/** The demo's first job alone, as a file: `deno task follow` runs it again for a record of the demo's topics. */
import { openBroker } from "../../connectors/mod.ts";
import { brokerSettings, createLogger, runMain } from "../../utils.ts";
import { describeImporter } from "./jobs.ts";

async function main(signal: AbortSignal): Promise<void> {
  const logger = createLogger();
  await using broker = await openBroker({ settings: brokerSettings(), logger });
  await describeImporter(broker, { logger, signal }).execute();
}

if (import.meta.main) await runMain(main);
