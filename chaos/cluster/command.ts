/** `deno task chaos --brokers 3`. */
import {
  type Flags,
  type FlagValues,
  type Logger,
  oneOf,
  parsePositiveDuration,
  wholeNumber,
  writeOutput,
} from "../../src/utils.ts";
import { ChaosError } from "../chaos_error.ts";
import { clusterText, complaintsAbout } from "./report.ts";
import { runClusterChaos } from "./run.ts";

/** Flags of the experiment, beside its seed. */
export const CLUSTER_FLAGS = {
  brokers: {
    value: "N",
    parse: wholeNumber({ min: 3, max: 9 }),
    help: "instead: both jobs over N Kafka brokers, whose leaders move and which are killed and frozen",
  },
  durationMs: {
    name: "duration",
    value: "DURATION",
    parse: parsePositiveDuration,
    help: "with --brokers: how long they are disturbed (default: 8m)",
  },
  transactionVersion: {
    name: "transaction-version",
    value: "1|2",
    parse: (text: string): 1 | 2 => oneOf("1", "2")(text) === "1" ? 1 : 2,
    help: "with --brokers: 2, as in Kafka 4, refuses requests of an earlier transaction; 1 cannot (default: 1)",
  },
} as const satisfies Flags;

/** Runs the experiment and prints its result. @throws {ChaosError} if anything was lost, doubled or late */
export async function disturbCluster(
  { brokers, durationMs = 480_000, transactionVersion = 1, seed, signal }:
    & Pick<FlagValues<typeof CLUSTER_FLAGS>, "durationMs" | "transactionVersion">
    & { readonly brokers: number; readonly seed: number; readonly signal: AbortSignal },
  logger: Logger,
): Promise<void> {
  const startedMs = performance.now();
  const result = await runClusterChaos({
    brokers,
    transactionVersion,
    durationMs,
    seed,
    moveEveryMs: { least: 1_000, most: 2_000 },
    signal,
    onProgress: (words) => logger.info(words),
  });
  await writeOutput(`${clusterText(result)}\n`);
  const complaints = complaintsAbout(result);
  if (complaints.length > 0) {
    throw new ChaosError(`${complaints.join("; ")}; the logs of each process are in ${result.logs}`);
  }
  await Deno.remove(result.logs, { recursive: true });
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(0);
  logger.info(`nothing lost, nothing twice, nothing late, in ${seconds} s`);
}
