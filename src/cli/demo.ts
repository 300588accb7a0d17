/**
 * `deno task demo`: everything at once on a bare machine, live on the terminal.
 *
 *     bookings ─▶ demo.skyone ─┐
 *                              ├─▶ demo_flight_importer ─▶ demo.flightdata ─▶ demo_user_statistics ─▶ demo.userstatistics
 *     bookings ─▶ demo.sunset ─┘        (lesson 16)                        (lesson 20, 5-second windows)
 *
 * It has its own topics, so that it can run beside the lessons and never changes their results. On the course's topics, s16 in
 * a second terminal would import the same bookings once more, s20 would count each flight twice, `userstatistics` would mix the
 * totals of two jobs, and `gen --create` would be refused or delete the demo's topics. Its jobs have their own names too: their
 * commits hold five-second windows, those of s20 windows of a minute.
 *
 * A second run goes on: same travellers, further bookings, totals from the last commit. The live view goes to standard
 * output, or plain lines every few seconds if that is not a terminal; what the jobs log goes to standard error, or below the
 * live view. The dashboard is served at http://localhost:8081. To look closer: `deno task topics read demo.userstatistics`.
 */
import { type Broker, BrokerError, openBroker } from "../connectors/mod.ts";
import { serveDashboard, type ServedDashboard } from "../dashboard/serve.ts";
import { SYSTEM_CLOCK } from "../engine/mod.ts";
import type { Flags, Logger } from "../utils.ts";
import {
  brokerSettings,
  createLogger,
  parseFlags,
  runMain,
  wholeNumber,
  writeErrorLine,
  writeOutput,
} from "../utils.ts";
import { Demo } from "./demo/demo.ts";
import { renderScreen } from "./demo/screen.ts";
import { closeViewOnErrors, LiveView } from "./screen/live_view.ts";
import { Messages } from "./demo/messages.ts";
import { renderLines, renderSummary } from "./demo/report.ts";

const FIRST_LINES_MS = 1_000;
const PLAIN_LINES_MS = 3_000;

/** Where the dashboard is served, if nothing else listens there. */
const DASHBOARD_PORT = 8081;

const FLAGS = {
  seconds: {
    value: "N",
    parse: wholeNumber({ min: 1, max: 1_000_000 }),
    help: "end after this time (default: with Ctrl-C)",
  },
  reset: { help: "delete what earlier demos left behind: topics, totals, commits" },
} as const satisfies Flags;

async function main(signal: AbortSignal): Promise<void> {
  const { seconds, reset } = parseFlags(Deno.args, FLAGS, {
    command: "deno task demo",
    describe: "Makes up bookings of two airlines, merges and counts them, and shows it live.",
  });
  const settings = brokerSettings();
  const limitMs = seconds === undefined ? undefined : seconds * 1000;
  const isLive = Deno.stdout.isTerminal() && Deno.env.get("TERM") !== "dumb";
  const messages = new Messages();
  const logger = createLogger({
    write(line) {
      if (isLive) messages.add(line);
      // On the live view's terminal, a line would destroy the view.
      if (!isLive || !Deno.stderr.isTerminal()) writeErrorLine(line);
    },
  });

  const demo = new Demo({ logger, reset, limitMs });
  const end = new AbortController();
  const stop = () => end.abort();
  const limit = limitMs === undefined ? undefined : setTimeout(stop, limitMs);
  signal.addEventListener("abort", stop);
  let dashboard: string | undefined;
  const view = isLive
    ? new LiveView((size) => renderScreen({ ...demo.state(), dashboard }, messages.newest(), size))
    : undefined;
  const printing = isLive ? Promise.resolve() : printLines(demo, end.signal);
  printing.catch(stop);
  try {
    await using broker = await openBroker({ settings, logger });
    await using served = dashboardOf(broker.port, logger);
    dashboard = served?.url;
    await demo.run(broker.port, end.signal);
  } finally {
    clearTimeout(limit);
    stop();
    view?.[Symbol.dispose]();
    if (isLive && Deno.stderr.isTerminal()) messages.warnings.forEach(writeErrorLine);
  }
  await printing;
  await writeOutput(`${renderSummary(demo.state()).join("\n")}\n`);
}

/** The same in the browser; undefined where it cannot be served, which harms nothing. */
function dashboardOf(broker: Broker, logger: Logger): ServedDashboard | undefined {
  try {
    const served = serveDashboard(broker, { hostname: "127.0.0.1", port: DASHBOARD_PORT, logger });
    logger.info(`dashboard: ${served.url}`);
    return served;
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error;
    logger.info(
      `no dashboard at http://localhost:${DASHBOARD_PORT}/, as another program listens there: "deno task dashboard --http 8082" serves one`,
    );
    return undefined;
  }
}

/** Prints a few lines every few seconds. @throws {Deno.errors.BrokenPipe} if their reader has gone */
async function printLines(demo: Demo, signal: AbortSignal): Promise<void> {
  for (let waitMs = FIRST_LINES_MS;; waitMs = PLAIN_LINES_MS) {
    await SYSTEM_CLOCK.sleep(waitMs, signal);
    if (signal.aborted) return;
    await writeOutput(`${renderLines(demo.state()).join("\n")}\n\n`);
  }
}

if (import.meta.main) {
  closeViewOnErrors();
  await runMain(main);
}
