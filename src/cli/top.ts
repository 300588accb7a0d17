/**
 * `deno task top`: all running jobs on one screen, live, as they report themselves through the broker.
 *
 * If standard output is not a terminal, it prints the screen every few seconds instead.
 */
import type { Broker } from "../connectors/broker.ts";
import { BrokerError } from "../connectors/broker_errors.ts";
import { openBroker } from "../connectors/mod.ts";
import { type SeenJob, seenJobs } from "../connectors/seen_jobs.ts";
import { SYSTEM_CLOCK } from "../engine/mod.ts";
import type { Flags } from "../utils.ts";
import { brokerSettings, createLogger, parseFlags, runMain, writeErrorLine, writeOutput } from "../utils.ts";
import { closeViewOnErrors, LiveView } from "./screen/live_view.ts";
import { renderTop, type TopState } from "./top/screen.ts";

const FLAGS = {
  all: { short: "a", help: "also jobs that have finished, were stopped, or are gone" },
} as const satisfies Flags;

/** Between two looks at the broker, ms: jobs report once a second. */
const LOOK_MS = 500;
/** Between two screens where nobody watches, ms. */
const PLAIN_MS = 3_000;
/** The size of those. */
const PLAIN_SIZE = { columns: 100, rows: 40, colours: false };

/** The jobs at a broker, looked for again and again. */
export class JobsWatch {
  readonly #broker: Broker;
  readonly #all: boolean;
  #jobs: readonly SeenJob[] = [];
  #trouble: string | undefined;

  /** @param all also those that have ended or are gone */
  constructor(broker: Broker, all: boolean) {
    this.#broker = broker;
    this.#all = all;
  }

  /** Looks for the jobs. A broker that does not answer is shown, and asked again. */
  async look(nowMs: number): Promise<void> {
    try {
      this.#jobs = await seenJobs(this.#broker, nowMs);
      this.#trouble = undefined;
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error;
      this.#trouble = error.message;
    }
  }

  state(nowMs: number): TopState {
    const jobs = this.#all ? this.#jobs : this.#jobs.filter(({ state }) => !/finished|stopped|gone/.test(state));
    return { broker: this.#broker.description, jobs, nowMs, trouble: this.#trouble };
  }
}

/** Shows all running jobs until the signal. */
export async function showJobs(signal: AbortSignal, args: readonly string[] = Deno.args): Promise<void> {
  const { all } = parseFlags(args, FLAGS, {
    command: "deno task top",
    describe:
      "Shows all running jobs at the broker, live: what flows through them, their operators, event time, commits,\n" +
      "and what they wait for. Ctrl-C ends it. Which broker: BOOTSTRAP_SERVERS, BROKER, BROKER_DIR.",
  });
  const isLive = Deno.stdout.isTerminal() && Deno.env.get("TERM") !== "dumb";
  // On the screen's terminal a line would destroy the screen.
  const logger = createLogger({
    write: (line) => isLive && Deno.stderr.isTerminal() ? undefined : writeErrorLine(line),
  });
  await using broker = await openBroker({ settings: brokerSettings(), logger });
  const watch = new JobsWatch(broker.port, all);
  await watch.look(Date.now());
  using _view = isLive ? new LiveView((size) => renderTop(watch.state(Date.now()), size)) : undefined;
  while (!signal.aborted) {
    if (!isLive) await writeOutput(`${plain(watch.state(Date.now()))}\n\n`);
    await SYSTEM_CLOCK.sleep(isLive ? LOOK_MS : PLAIN_MS, signal);
    await watch.look(Date.now());
  }
}

/** The screen without what is blank. */
function plain(state: TopState): string {
  return renderTop(state, PLAIN_SIZE).map((line) => line.trimEnd()).join("\n").trimEnd();
}

if (import.meta.main) {
  closeViewOnErrors();
  await runMain(showJobs);
}
