import { BinaryHeap } from "../time/binary_heap.ts";
import type { SplitTask } from "./source_task.ts";

/** A look at the clock costs as much as a simple operator. */
const RECORDS_A_LOOK = 32;

/**
 * Takes records from all splits of all sources in the order of their timestamps; those of one time by source, partition and
 * offset. So a catch-up gives what living through it would have given, and no replay makes late records.
 *
 * An empty split is waited for while records are known to be there; a split that is read to its end is not. Within a split
 * the order stays as it is.
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

  /**
   * Takes at most `limit` records through the job.
   * @param timeIsUp asked every {@link RECORDS_A_LOOK} records: whether others should have their turn
   * @returns how many; fewer than `limit` if something must be waited for
   */
  run(limit: number, timeIsUp: () => boolean = () => false): number {
    const ready = this.#ready;
    ready.clear();
    let pending = false;
    for (const task of this.#splits) {
      if (task.finished) continue;
      switch (task.split.status) {
        case "ready":
          ready.push(task);
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
      const rival = ready.second();
      // The same split mostly comes first again: no need to go through the heap.
      do {
        if (taken === limit || this.#full?.()) return taken;
        task.step();
        if (++taken % RECORDS_A_LOOK === 0 && timeIsUp()) return taken;
      } while (task.split.status === "ready" && (rival === undefined || before(task, rival)));
      const { status } = task.split;
      if (status === "ready") ready.firstChanged();
      else ready.pop();
      if (status === "pending") return taken;
      if (status === "finished") task.source.finish(task);
    }
    return taken;
  }
}

function before(a: SplitTask, b: SplitTask): boolean {
  const difference = a.split.nextTimestampMs - b.split.nextTimestampMs;
  // −∞ − −∞ is NaN: records without a time are equal.
  return difference < 0 || (!(difference > 0) && a.order < b.order);
}
