import type { Broker } from "../../connectors/broker.ts";
import { type Clock, type StreamExecutionEnvironment, SYSTEM_CLOCK } from "../../engine/mod.ts";
import type { Logger } from "../../utils.ts";
import { sendBookings } from "./booking.ts";
import { eventTimeOf } from "./event_time.ts";
import { describeImporter, describeStatistics, IDLE_MS, IMPORTER, STATISTICS, WINDOW_MS } from "./jobs.ts";
import { PipelineWatch } from "./pipeline_watch.ts";
import type { DemoState, TopicState } from "./state.ts";
import { createMissingTopics, DEMO_TOPICS, forgetDemo } from "./topics.ts";
import { JobWatch, WatchedBroker } from "./watched_broker.ts";

/** Options of a {@link Demo}. */
export interface DemoOptions {
  readonly logger: Logger;
  /** Deletes what earlier demos left behind; default false. */
  readonly reset?: boolean;
  /** When the demo will be stopped, ms after its start, for {@link DemoState}. */
  readonly limitMs?: number | undefined;
  /** Length of a window; default five seconds. A demo that continues an earlier one must have the same. */
  readonly windowMs?: number;
  /** Bookings a second of each airline; default 20. */
  readonly rate?: number;
  readonly clock?: Clock;
}

/** A broker that is away must not hold up the end for longer, ms. */
const CLOSE_TIMEOUT_MS = 1_000;

/**
 * The whole pipeline in one process: bookings, both jobs, and a reader that watches the topics.
 *
 * If another demo's jobs are active on the same broker, this one's stand by and it sends no bookings: it shows the topics, and
 * takes over when the other one ends.
 */
export class Demo {
  readonly #options: Required<Omit<DemoOptions, "limitMs">>;
  readonly #limitMs: number | undefined;
  readonly #startedMs: number;
  readonly #importer = new JobWatch(IMPORTER);
  readonly #statistics = new JobWatch(STATISTICS);
  #broker: string | undefined;
  #pipeline: PipelineWatch | undefined;

  constructor({ limitMs, ...options }: DemoOptions) {
    this.#options = { reset: false, windowMs: WINDOW_MS, rate: 20, clock: SYSTEM_CLOCK, ...options };
    this.#limitMs = limitMs;
    this.#startedMs = this.#options.clock.monotonicMs();
  }

  /**
   * Runs until the signal is aborted and the jobs have committed; then `state()` shows the content of the topics.
   * @throws the error of the part that failed, when all other parts have ended
   */
  async run(broker: Broker, signal: AbortSignal): Promise<void> {
    const { clock, logger, rate, reset } = this.#options;
    this.#broker = broker.description;
    if (reset) await forgetDemo(broker, logger);
    await createMissingTopics(broker, logger);
    const pipeline = this.#pipeline = await PipelineWatch.open(broker, clock, logger);

    const stop = new AbortController();
    const jobs = this.#describeJobs(broker, stop.signal).map((job) => job.execute());
    const isWanted = () => this.#importer.isActive;
    const helpers = [
      sendBookings(broker, { rate, isWanted, clock, logger, signal: stop.signal }),
      pipeline.run(stop.signal),
    ];
    try {
      await Promise.race([Promise.all([...jobs, ...helpers]), aborted(signal)]);
    } finally {
      stop.abort(); // when one part has failed, the others end too, jobs with a commit
      await Promise.allSettled(jobs);
      await atMost(CLOSE_TIMEOUT_MS, Promise.allSettled(helpers), clock);
    }
    await Promise.all(jobs);
    await atMost(CLOSE_TIMEOUT_MS, pipeline.catchUp(), clock);
  }

  /** What the demo shows at this moment. */
  state(): DemoState {
    const { clock, windowMs } = this.#options;
    const monotonicMs = clock.monotonicMs();
    const topics = this.#pipeline?.topics;
    const topic = (name: keyof typeof DEMO_TOPICS): TopicState =>
      topics?.[name].state(monotonicMs) ?? { name: DEMO_TOPICS[name].name, count: 0, added: 0, perSecond: 0 };
    return {
      broker: this.#broker,
      nowMs: clock.now(),
      elapsedMs: monotonicMs - this.#startedMs,
      limitMs: this.#limitMs,
      topics: {
        skyone: topic("skyone"),
        sunset: topic("sunset"),
        flightdata: topic("flightdata"),
        userstatistics: topic("userstatistics"),
      },
      importer: this.#importer.state([...topics?.skyone.ends() ?? [], ...topics?.sunset.ends() ?? []]),
      statistics: this.#statistics.state(topics?.flightdata.ends() ?? []),
      eventTime: eventTimeOf(topics?.flightdata.partitions ?? [], { nowMs: monotonicMs, windowMs, idleMs: IDLE_MS }),
      travellers: this.#pipeline?.travellers() ?? [],
    };
  }

  #describeJobs(port: Broker, signal: AbortSignal): StreamExecutionEnvironment[] {
    const broker = new WatchedBroker(port, [this.#importer, this.#statistics]);
    const { logger, clock, windowMs } = this.#options;
    return [
      describeImporter(broker, { logger, clock, signal }),
      describeStatistics(broker, { logger, clock, signal, windowMs }),
    ];
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** Waits for `work`, but not longer than `ms`. */
async function atMost(ms: number, work: Promise<unknown>, clock: Clock): Promise<void> {
  const done = new AbortController();
  await Promise.race([work, clock.sleep(ms, done.signal)]).finally(() => done.abort());
}
