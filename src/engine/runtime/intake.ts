import { BinaryHeap } from "../binary_heap.ts";
import type { SplitStatus } from "../source.ts";
import type { SplitTask } from "./split_task.ts";

/** A look at the clock costs as much as a simple operator. */
const RECORDS_PER_LOOK = 32;

/**
 * Takes records from all splits of all sources in the order of their timestamps; those of one time by source, partition and
 * offset. So a catch-up gives what living through it would have given, and no replay makes late records.
 *
 * An empty split is waited for while records are known to be there; a split that is read to its end is not, provided that its
 * end was asked for after the record arrived that is to be taken in its place: what had been written there before that record
 * was, is then known. A record that is held by an open transaction keeps its place in the order. Within a split the order stays
 * as it is.
 */
export class Intake {
  readonly #splits: readonly SplitTask[];
  readonly #ready = new BinaryHeap<SplitTask>(before);

  readonly #full: (() => boolean) | undefined;

  /** @param full whether the job can take no more records for now; asked before each record */
  constructor(splits: readonly SplitTask[], full?: () => boolean) {
    this.#splits = splits;
    this.#full = full;
    splits.forEach((split, order) => split.order = order);
  }

  /** The latest arrival among the next records of all splits, 0 if none of them has one. */
  get arrival(): number {
    let latest = 0;
    for (const { finished, split } of this.#splits) {
      if (!finished && split.status === "ready" && (split.arrival ?? 0) > latest) latest = split.arrival!;
    }
    return latest;
  }

  /**
   * Takes at most `limit` records through the job.
   * @param timeIsUp asked every {@link RECORDS_PER_LOOK} records: whether others should have their turn
   * @returns how many; fewer than `limit` if something must be waited for
   */
  run(limit: number, timeIsUp: () => boolean = () => false): number {
    const ready = this.#ready;
    ready.clear();
    let pending = false;
    let endAsked = Number.POSITIVE_INFINITY;
    for (const task of this.#splits) {
      if (task.finished) continue;
      switch (task.split.status) {
        case "ready":
        case "held":
          ready.push(task);
          break;
        case "caughtUp":
          endAsked = Math.min(endAsked, task.split.endAsked ?? Number.POSITIVE_INFINITY);
          break;
        case "pending":
          pending = true;
          break;
        case "finished":
          task.source.finish(task);
      }
    }
    if (pending) return 0;
    let taken = 0;
    for (let task = ready.peek(); task !== undefined; task = ready.peek()) {
      if (statusOf(task) === "held") return taken;
      const rival = ready.second();
      // The same split mostly comes first again: no need to go through the heap.
      do {
        if (taken === limit || (task.split.arrival ?? 0) > endAsked || this.#full?.()) return taken;
        task.step();
        if (++taken % RECORDS_PER_LOOK === 0 && timeIsUp()) return taken;
      } while (task.split.status === "ready" && (rival === undefined || before(task, rival)));
      const status = statusOf(task);
      if (status === "ready" || status === "held") ready.firstChanged();
      else ready.pop();
      if (status === "caughtUp") endAsked = Math.min(endAsked, task.split.endAsked ?? Number.POSITIVE_INFINITY);
      if (status === "pending") return taken;
      if (status === "finished") task.source.finish(task);
    }
    return taken;
  }
}

/** Taking a record changes it. */
function statusOf({ split }: SplitTask): SplitStatus {
  return split.status;
}

function before(a: SplitTask, b: SplitTask): boolean {
  const difference = a.split.nextTimestampMs - b.split.nextTimestampMs;
  // −∞ − −∞ is NaN: records without a time are equal.
  return difference < 0 || (!(difference > 0) && a.order < b.order);
}
