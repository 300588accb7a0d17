import type { Broker } from "../../connectors/broker.ts";
import {
  type DescribedJob,
  entriesOf,
  parseValue,
  partitionSplit,
  type SplitRecord,
  topicsOf,
  whyNothingComesOut,
} from "../../engine/internal.ts";
import { type RecordOrigin, SILENT, type SourceReader, type Tracer, type TraceStep } from "../../engine/mod.ts";
import { type DryRunStart, DryStore, makeDry, offsetOf } from "./dry_run.ts";
import type { FollowMessage, FollowRequest, Place, RerunStart } from "./protocol.ts";
import { machineNow, setPresent } from "./present.ts";
import { ReplayClock } from "./replay_clock.ts";

/** Between two looks at how far the job has come, ms. */
const LOOK_MS = 10;
/** How long the job may take, when it has read all, until what waits for the present moment has happened, ms. */
const SETTLE_MS = 500;

type Execution = Parameters<DescribedJob["run"]>[1];
type JobView = Parameters<typeof whyNothingComesOut>[0];
type Rerun = Extract<FollowRequest, { command: "follow" }>;

/** What is followed: where it lies, and what has come of it so far. */
class Followed implements Tracer {
  readonly #places: ReadonlySet<string>;
  readonly #clock: ReplayClock;
  readonly #take: (step: TraceStep) => void;
  readonly #found = new Set<string>();
  open = 0;

  constructor(places: readonly Place[], clock: ReplayClock, take: (step: TraceStep) => void) {
    this.#places = new Set(places.map(nameOf));
    this.#clock = clock;
    this.#take = take;
  }

  get found(): number {
    return this.#found.size;
  }

  /** Whether nothing more can come. */
  get isDone(): boolean {
    return this.found === this.#places.size && this.open === 0;
  }

  follows(origin: RecordOrigin, timestampMs: number): boolean {
    this.#clock.advance(timestampMs);
    const name = nameOf(origin);
    if (!this.#places.has(name)) return false;
    this.#found.add(name);
    return true;
  }

  take(step: TraceStep): void {
    this.#take(step);
  }

  onOpenChanged(open: number): void {
    this.open = open;
  }
}

/**
 * Runs a job again, in memory and writing nothing, until nothing more comes of some records.
 *
 * It begins at the job's last commit if the records lie behind that, else at the beginning of its topics. Time goes by the records'
 * timestamps; when all has been read it is the present.
 */
export async function rerun(
  { graph, options, run }: DescribedJob,
  { places, fromMs, wait: waits }: Rerun,
  report: (message: FollowMessage) => void,
): ReturnType<DescribedJob["run"]> {
  const { port } = options.store as unknown as { readonly port: Broker };
  const clock = new ReplayClock(machineNow);
  const followed = new Followed(places, clock, (step) => report({ type: "step", step }));
  const [start, from] = await chooseStart(port, { job: options.jobName, places, fromMs });
  report({ type: "start", from });
  const ends = await endsOf(port, topicsOf(graph));
  const readers: SourceReader<unknown>[] = [];
  makeDry(graph, start, (reader) => readers.push(reader));
  const stop = new AbortController();
  let view: JobView | undefined;
  const execution: Execution = {
    ...options,
    store: new DryStore(start.entries),
    clock,
    tracer: followed,
    logger: SILENT,
    signal: AbortSignal.any([options.signal, stop.signal]),
    reset: false,
    drain: false,
    restartStrategy: { type: "none" },
    onOpened: (job) => view = job.view,
  };
  // Functions that ask for the time by themselves see the record's as well.
  setPresent(() => clock.now());
  try {
    const running = run(graph, execution);
    const over = running.then(() => true, () => true);
    const wait = (ms: number) =>
      Promise.race([over, new Promise<false>((resolve) => setTimeout(() => resolve(false), ms))]);
    while (!followed.isDone && !hasReadAll(readers, ends) && !await wait(LOOK_MS));
    // The job must have noticed how long each partition has been silent by then.
    await wait(2 * LOOK_MS);
    const reason = () =>
      view === undefined || followed.open === 0 ? undefined : whyNothingComesOut(view, clock.monotonicMs());
    for (let ms = 0; (waits || ms < SETTLE_MS) && !followed.isDone && !options.signal.aborted; ms += LOOK_MS) {
      if (ms === SETTLE_MS) report({ type: "waiting", why: reason() });
      clock.advance(machineNow());
      if (await wait(LOOK_MS)) break;
    }
    const why = reason();
    stop.abort(new Error("All that comes of the records has been seen"));
    const result = await running;
    report({ type: "end", found: followed.found, open: followed.open, why });
    return result;
  } finally {
    setPresent(machineNow);
  }
}

/** The last commit, if it is of a time before all of the records. */
async function chooseStart(
  port: Broker,
  { job, places, fromMs }: Pick<Rerun, "places" | "fromMs"> & { readonly job: string },
): Promise<[DryRunStart, RerunStart]> {
  if (fromMs !== undefined) return [{ entries: new Map(), from: fromMs }, "a time"];
  const entries = await port.readCommit(job);
  const positions = new Map<string, number>();
  for (const [{ split }, text, entry] of entriesOf(entries, "split")) {
    const offset = offsetOf((parseValue(entry, text) as SplitRecord).position);
    if (offset !== undefined) positions.set(split, offset);
  }
  const isBefore = entries.size > 0 && places.every(({ topic, partition, offset }) => {
    const position = positions.get(partitionSplit(topic, partition));
    return position !== undefined && position <= offset;
  });
  if (isBefore) return [{ entries, from: "earliest" }, "the last commit"];
  return [{ entries: new Map(), from: "earliest" }, "the beginning"];
}

/** Where partitions end now, by the id of the split. */
async function endsOf(port: Broker, topics: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const described = await port.describeTopics(topics);
  return new Map(
    described.flatMap(({ name, endOffsets }) =>
      endOffsets.map((end, partition) => [partitionSplit(name, partition), end] as const)
    ),
  );
}

function hasReadAll(readers: readonly SourceReader<unknown>[], ends: ReadonlyMap<string, number>): boolean {
  return readers.length > 0 &&
    readers.every(({ splits }) =>
      splits.every(({ id, status, position }) =>
        status === "finished" || (offsetOf(position) ?? Number.NEGATIVE_INFINITY) >= (ends.get(id) ?? 0)
      )
    );
}

function nameOf({ topic, partition, offset }: Place): string {
  return `${partitionSplit(topic, partition)}@${offset}`;
}
