/**
 * `deno task dashboard`: jobs, topics, state and single records in the browser, for any jobs at the broker that the settings
 * choose. Jobs need no port for it: what they do comes from their status records.
 */
import { openBroker } from "../connectors/mod.ts";
import { takeJobs } from "../inspect/follow/known_jobs.ts";
import type { Flags } from "../utils.ts";
import { brokerSettings, createLogger, parseFlags, runMain, UsageError } from "../utils.ts";
import { formatHost, type ListenAddress, parseListenAddress } from "./listen_address.ts";
import { serveDashboard } from "./serve.ts";

const FLAGS = {
  http: {
    value: "[HOST:]PORT",
    default: "8081",
    parse: parseListenAddress,
    help: "where it listens; without a host for this machine alone",
  },
  allowedHosts: {
    name: "allow-host",
    value: "NAMES",
    parse: (text: string) => text.split(",").map((name) => name.trim()).filter((name) => name !== ""),
    help: "other names that browsers reach it by, with commas: dashboard.example.com",
  },
  job: {
    value: "FILE",
    help: "a job to follow records through, once for each (default: s16 and s20, or the demo's two)",
  },
} as const satisfies Flags;

/** Serves the dashboard until the signal. */
export async function showDashboard(signal: AbortSignal, args: readonly string[] = Deno.args): Promise<void> {
  const { jobs, rest } = takeJobs(args);
  const { http, allowedHosts = [] } = parseFlags(rest, FLAGS, {
    command: "deno task dashboard",
    describe:
      "Shows jobs, topics, state and single records in the browser, until Ctrl-C. Whoever reaches its port may read\n" +
      "all topics and replay or drop dead letters: let nobody reach it who must not. Which broker: BOOTSTRAP_SERVERS,\n" +
      "BROKER, BROKER_DIR.",
  });
  checkReachable(http, allowedHosts);
  const logger = createLogger();
  await using broker = await openBroker({ settings: brokerSettings(), logger });
  await using dashboard = serveDashboard(broker.port, { ...http, allowedHosts, jobs, logger });
  logger.info(`dashboard: ${dashboard.url}`);
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
}

/** A server that listens everywhere is reached by names that it cannot know. */
function checkReachable({ hostname }: ListenAddress, allowedHosts: readonly string[]): void {
  if (!/^(0\.0\.0\.0|::)$/.test(hostname) || allowedHosts.length > 0) return;
  throw new UsageError(
    `Cannot serve at ${formatHost(hostname)} for names that are not known: name them with --allow-host, as in ` +
      "--allow-host dashboard.example.com",
  );
}

if (import.meta.main) await runMain(showDashboard);
