/**
 * The process that is killed: the unchanged workflow of lesson 16 or 20 between topics of the experiment, with a hook that
 * reports its commits and holds it where the experiment wants to kill it.
 */
import type { Broker } from "../src/connectors/broker.ts";
import type { JobBroker } from "../src/connectors/mod.ts";
import { openBroker } from "../src/connectors/mod.ts";
import { type FaultPoint, StreamExecutionEnvironment, WatermarkStrategy } from "../src/engine/mod.ts";
import { FLIGHTDATA, SKYONE, SUNSET, USERSTATISTICS } from "../src/models.ts";
import { defineWorkflow as mergeFlights } from "../src/s16_merge.ts";
import { defineWorkflow as countFlights } from "../src/s20_manage_state.ts";
import { brokerSettings, createLogger, runMain } from "../src/utils.ts";
import { type ProgramRequest, type ProgramWord, renamed } from "./request.ts";

/** Short, so that there are commits between two kills. */
const COMMIT_INTERVAL_MS = 10;
/** How long a process is held at most, ms, if it is not killed. */
const HELD_AT_MOST_MS = 60_000;

async function main(signal: AbortSignal): Promise<void> {
  const request = JSON.parse(Deno.args[0]!) as ProgramRequest;
  const { jobName, from, bounded, sessionTimeoutMs, commitIntervalMs = COMMIT_INTERVAL_MS } = request;
  const logger = createLogger();
  const watch = new Watch(request);
  await using broker = await openBroker({ settings: brokerSettings(), logger });
  watch.follow(broker.port);
  const env = new StreamExecutionEnvironment({
    jobName,
    from,
    bounded,
    sessionTimeoutMs,
    commitIntervalMs,
    store: broker,
    logger,
    signal: AbortSignal.any([signal, watch.stopped]),
    faultPoint: watch.faultPoint,
  });
  describe(env, broker, request);
  await env.execute();
  say({ passed: Object.fromEntries(watch.passed) });
}

function describe(env: StreamExecutionEnvironment, broker: JobBroker, request: ProgramRequest): void {
  const { lesson, inputs, output, nowMs, outOfOrdernessMs = 0 } = request;
  const [first, second] = inputs as [string, string?];
  if (lesson === "s16") {
    const skyone = broker.source(renamed(SKYONE, first));
    const sunset = broker.source(renamed(SUNSET, second!));
    mergeFlights(
      env.fromSource(skyone, WatermarkStrategy.noWatermarks(), "skyone_source"),
      env.fromSource(sunset, WatermarkStrategy.noWatermarks(), "sunset_source"),
      () => nowMs,
    ).sinkTo(broker.sink(renamed(FLIGHTDATA, output))).name("flightdata_sink");
  } else {
    const flights = broker.source(renamed(FLIGHTDATA, first));
    const watermarks = outOfOrdernessMs === 0
      ? WatermarkStrategy.forMonotonousTimestamps()
      : WatermarkStrategy.forBoundedOutOfOrderness(outOfOrdernessMs);
    countFlights(env.fromSource(flights, watermarks, "flightdata_source"))
      .sinkTo(broker.sink(renamed(USERSTATISTICS, output))).name("userstatistics_sink");
  }
}

/** Counts the fault points that the job passes, and holds it at one. */
class Watch {
  readonly passed = new Map<string, number>();
  readonly #request: ProgramRequest;
  readonly #stop = new AbortController();
  #commits = -1;
  #held = false;
  /** The offset of each partition in the last commit. */
  readonly #offsets = new Map<string, number>();

  constructor(request: ProgramRequest) {
    this.#request = request;
  }

  /** Aborted when the job is to end. */
  get stopped(): AbortSignal {
    return this.#stop.signal;
  }

  /** Notes how far each commit of the job has read. */
  follow(port: Broker): void {
    const openJob = port.openJob.bind(port);
    port.openJob = async (request) => {
      const lease = await openJob(request);
      const commit = lease.commit.bind(lease);
      lease.commit = (parts) => {
        for (const { topic, partition, offset } of parts.positions) this.#offsets.set(`${topic}-${partition}`, offset);
        return commit(parts);
      };
      return lease;
    };
  }

  readonly faultPoint: FaultPoint = (name) => {
    this.passed.set(name, (this.passed.get(name) ?? 0) + 1);
    const { hold, stopAfterCommits, slowMs } = this.#request;
    if (name === hold?.faultPoint && this.#commits >= hold.commits && !this.#held) {
      this.#held = true;
      standStill(name, hold.forMs);
    }
    // Another attempt in the same process also begins with a commit of nothing new.
    if (name === "start: before the job is opened") this.#commits = -1;
    if (name !== "commit: the store has it") return;
    const position = this.#offsets.values().reduce((sum, offset) => sum + offset, 0);
    say({ commits: ++this.#commits, position });
    if (this.#commits === stopAfterCommits) this.#stop.abort(new Error("It has committed often enough"));
    if (slowMs !== undefined) blockThread(slowMs);
  };
}

/** Blocks the thread, as some fault points lie in a synchronous transaction. */
function standStill(name: string, forMs: number | undefined): void {
  say({ held: name });
  blockThread(forMs ?? HELD_AT_MOST_MS);
  if (forMs === undefined) Deno.exit(1);
}

function blockThread(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

function say(word: ProgramWord): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${JSON.stringify(word)}\n`));
}

if (import.meta.main) await runMain(main);
