import { RecordError } from "../../src/engine/errors.ts";
import type { SourceContext, SourceReader } from "../../src/engine/source.ts";
import { TestSource } from "../../src/engine/testing/test_source.ts";
import { type Entry, TestPartition } from "../../src/engine/testing/test_partition.ts";

export type { Entry };

/** The record `value` at `timestampMs`. */
export function at<T>(timestampMs: number, value: T): Entry<T> {
  return { timestampMs, value };
}

/** A record that cannot be decoded. */
export function bad(timestampMs: number, message: string): Entry<never> {
  return { timestampMs, error: new RecordError(message) };
}

/**
 * A source that is a few arrays by the ids of their splits, for tests of the runtime itself: it writes down what is done with
 * it, and is looked at in each round of a job.
 *
 * All of a split is at hand unless `stepwise` is set: then each look of the job brings one more record of each split, so that
 * a short input takes many rounds.
 */
export class ScriptSource<T> extends TestSource<T> {
  override readonly description: string;
  readonly topics?: readonly string[];
  /** What was done with readers: "open", "start", "close". */
  readonly calls: string[] = [];
  /** What `open()` got, in order. */
  readonly contexts: SourceContext[] = [];
  stepwise = false;
  /** Called for each look of the job at a reader. */
  onPoll: () => void | Promise<void> = () => {};

  constructor(logs: Readonly<Record<string, readonly Entry<T>[]>>, topics?: readonly string[]) {
    super("script", { partitions: 0 });
    for (const [id, entries] of Object.entries(logs)) {
      this.partitions.push(new TestPartition(id));
      this.append(id, ...entries);
    }
    this.description = `script ${Object.keys(logs).join(", ")}`;
    if (topics !== undefined) this.topics = topics;
  }

  /** Records that have just come. */
  append(split: string, ...entries: readonly Entry<T>[]): void {
    if (this.#find(split) === undefined) this.partitions.push(new TestPartition(split));
    for (const entry of entries) this.#find(split)!.add(entry);
    this.wake();
  }

  /** Records that are known to be there but do not come. */
  announce(split: string, ...entries: readonly Entry<T>[]): void {
    this.withhold({ partition: this.partitions.indexOf(this.#find(split)!) });
    this.append(split, ...entries);
  }

  remove(split: string): void {
    this.partitions.splice(this.partitions.indexOf(this.#find(split)!), 1);
  }

  override async open(context: SourceContext): Promise<SourceReader<T>> {
    this.calls.push("open");
    this.contexts.push(context);
    const reader = await super.open(context);
    if (this.stepwise) {
      for (const [index, { position }] of reader.splits.entries()) this.partitions[index]!.arrived = position as number;
    }
    return {
      ...reader,
      start: () => void this.calls.push("start"),
      poll: () => {
        if (this.stepwise) { for (const partition of this.partitions) partition.arrived++; }
        return this.onPoll() ?? reader.poll(0);
      },
      close: () => {
        this.calls.push("close");
        return reader.close();
      },
    };
  }

  #find(split: string): TestPartition<T> | undefined {
    return this.partitions.find(({ id }) => id === split);
  }
}
