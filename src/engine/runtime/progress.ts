import type { Clock } from "../clock.ts";
import { nodesAbove, type StreamNode } from "../graph.ts";
import type { Logger } from "../logger.ts";
import { formatTime, MIN_WATERMARK } from "../record.ts";
import { booksOf, formatBooks } from "./books.ts";
import type { SourceTask, SplitTask } from "./source_task.ts";
import type { Task } from "./task.ts";

const TICK_MS = 10_000;

/**
 * Tells a person now and then how a job is doing and, while records go in and nothing comes out, why.
 */
export class Progress {
  readonly #jobName: string;
  readonly #sources: readonly SourceTask[];
  readonly #tasks: readonly Task[];
  readonly #logger: Logger;
  #nextMs: number;
  #in = 0;
  #out = 0;
  #said = "";

  constructor(jobName: string, sources: readonly SourceTask[], tasks: readonly Task[], clock: Clock, logger: Logger) {
    this.#jobName = jobName;
    this.#sources = sources;
    this.#tasks = tasks;
    this.#logger = logger;
    this.#nextMs = clock.now() + TICK_MS;
  }

  nextTickMs(now: number): number {
    return Math.max(0, this.#nextMs - now);
  }

  tick(now: number): void {
    if (now < this.#nextMs) return;
    this.#nextMs = now + TICK_MS;
    const books = booksOf(this.#sources, this.#tasks);
    const lag = this.#sources.reduce((sum, source) => sum + source.lag, 0);
    if (books.recordsIn > this.#in || books.recordsOut > this.#out) {
      this.#say(`${formatBooks(books)}, ${lag.toLocaleString("en-US")} to go`);
    }
    if (books.recordsOut === this.#out) {
      const why = whyNothingComesOut(this.#sources, this.#tasks, now);
      if (why !== undefined) this.#say(why);
    }
    this.#in = books.recordsIn;
    this.#out = books.recordsOut;
  }

  #say(message: string): void {
    if (message === this.#said) return;
    this.#said = message;
    this.#logger.info(`${this.#jobName}: ${message}`);
  }
}

/**
 * Why a job gives nothing at the moment, in one sentence; undefined if there is no reason to be seen.
 */
export function whyNothingComesOut(
  sources: readonly SourceTask[],
  tasks: readonly Task[],
  now: number,
): string | undefined {
  for (const source of sources) {
    const pending = source.splits.find(({ finished, split }) => !finished && split.status === "pending");
    if (pending !== undefined) {
      return `waits for records of ${pending.split.id} that are known to be there: ${pending.split.lag} to read`;
    }
  }
  const waiting = tasks.filter(({ timers }) => timers.size > 0)
    .toSorted((a, b) => a.timers.nextTimeMs - b.timers.nextTimeMs)[0];
  if (waiting === undefined) {
    if (sources.some(({ lag }) => lag > 0)) return undefined;
    return `waits for records: ${sources.map(({ node }) => node.source.description).join(" and ")} read to the end`;
  }
  const { size } = waiting.timers;
  const open = `${size} ${size === 1 ? "window" : "windows"} of "${waiting.name}" ${size === 1 ? "is" : "are"} open, ` +
    `${size === 1 ? "it" : "the first"} closes when event time reaches ` +
    formatTime(waiting.timers.nextTimeMs);
  return `${open}; ${whereEventTimeIs(waiting, sources, tasks, now)}`;
}

function whereEventTimeIs(task: Task, sources: readonly SourceTask[], tasks: readonly Task[], now: number): string {
  const above = ancestors(task.node);
  const maker = tasks.find(({ node, operator }) => above.has(node) && operator.ownWatermark !== undefined);
  if (maker !== undefined) {
    return `it is at ${formatTime(task.currentWatermark())}, as "${maker.name}" makes it of the times of its records`;
  }
  const feeding = sources.filter(({ node }) => above.has(node));
  if (feeding.every(({ node }) => node.strategy.createGenerator() === undefined)) {
    return "its sources have no watermarks, so it never does; give them a WatermarkStrategy";
  }
  const holders = feeding.flatMap(({ splits, combiner }) =>
    splits.filter(({ index, finished }) => !finished && !combiner.isIdle(index))
  );
  if (holders.length === 0) return "all partitions are idle: it moves on with the next record";
  const holder = holders.reduce((a, b) => (b.watermarkMs < a.watermarkMs ? b : a));
  const at = task.currentWatermark();
  return `it is at ${formatTime(at)}, held by ${holder.split.id}, ${lastOf(holder, now)}`;
}

function lastOf(holder: SplitTask, now: number): string {
  const silentS = Math.round((now - holder.lastActiveMs) / 1000);
  return holder.watermarkMs === MIN_WATERMARK
    ? `which has given no record yet (for ${silentS} s; --idle says how long it is waited for)`
    : `whose last record brought it to ${
      formatTime(holder.watermarkMs)
    } ${silentS} s ago (--idle says how long it is waited for)`;
}

function ancestors(node: StreamNode, found: Set<StreamNode> = new Set()): Set<StreamNode> {
  found.add(node);
  for (const above of nodesAbove(node)) ancestors(above, found);
  return found;
}
