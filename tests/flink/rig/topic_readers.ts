/** The subtasks that read topics: records come to them, and event time of their partitions. */
import type { DescribedPlan } from "../../../src/flink/description.ts";
import type { StagePlan } from "../../../src/flink/plan.ts";
import { PARTITION_ENDED } from "../../../src/flink/protocol/frame.ts";
import type { Flow } from "./flow.ts";
import { type Partitions, placeOf } from "./partitions.ts";
import { type FedRecord, newsRow, topicRow } from "./row.ts";
import type { Subtask } from "./subtask.ts";

/** What Flink's sources do between a topic and the first workers. */
export class TopicReaders {
  readonly #plan: DescribedPlan;
  readonly #flow: Flow;
  readonly #partitions: Partitions;
  readonly #inOrder: boolean;

  /** @param partitions how far they have been read @param inOrder see `RigJob.ends` */
  constructor(plan: DescribedPlan, flow: Flow, { partitions, inOrder }: { partitions: Partitions; inOrder: boolean }) {
    this.#plan = plan;
    this.#flow = flow;
    this.#partitions = partitions;
    this.#inOrder = inOrder;
  }

  /** Event time of the sources goes on where it was; on a cluster it is there again once each partition has had a record. */
  async goOn(): Promise<void> {
    for (const one of this.#flow.subtasks) {
      const stage = this.#plan.stages[one.stage]!;
      for (const partition of this.#flow.partitionsOf(one)) this.#noteTime(stage, partition);
      if (stage.input.kind === "topic") await this.#flow.advance(one);
    }
  }

  /** A record of a topic is read. */
  async read(record: FedRecord): Promise<void> {
    const { topic, partition, timestampMs } = record;
    const offset = this.#partitions.read(topic, partition, timestampMs);
    const row = topicRow(record, offset, this.#flow.nextTurn({ topic, partition, offset }));
    for (const stage of this.#readersOf(topic)) {
      const one = this.#readerOf(stage, partition);
      await this.#flow.deliver(one, row);
      this.#noteTime(stage, partition);
      if (this.#inOrder) await this.#flow.advance(one);
    }
    if (this.#partitions.isAtEnd(topic, partition)) await this.endPartition(topic, partition);
  }

  /** The runner knows how far event time of a partition has come. */
  #noteTime(stage: StagePlan, partition: number): void {
    const ms = this.#partitions.watermarkMs(stage, partition);
    if (ms === undefined || stage.input.kind !== "topic") return;
    this.#readerOf(stage, partition).inputMs.set(placeOf(stage.input.topic, partition), ms);
  }

  #readersOf(topic: string): StagePlan[] {
    return this.#plan.stages.filter(({ input }) => input.kind === "topic" && input.topic === topic);
  }

  #readerOf({ index }: StagePlan, partition: number): Subtask {
    const subtasks = this.#flow.stages[index]!;
    return subtasks[partition % subtasks.length]!;
  }

  /** What the runner says of a subtask's partitions where workers make event time. */
  announce(one: Subtask, news: number): void {
    const { input } = this.#plan.stages[one.stage]!;
    if (input.kind !== "topic" || input.watermarks.kind !== "worker") return;
    for (const partition of this.#flow.partitionsOf(one)) one.waiting.push(newsRow(partition, news, this.#flow.turn));
  }

  /** A partition has come to the end of a bounded run. */
  async endPartition(topic: string, partition: number): Promise<void> {
    const readers = this.#readersOf(topic).map((stage) => ({ stage, one: this.#readerOf(stage, partition) }));
    for (const { stage: { input }, one } of readers) {
      one.inputMs.delete(placeOf(topic, partition));
      if (input.kind !== "topic" || input.watermarks.kind !== "worker") continue;
      await this.#flow.deliver(one, newsRow(partition, PARTITION_ENDED, this.#flow.turn));
    }
    this.#partitions.end(topic, partition);
    if (this.#inOrder) { for (const { one } of readers) await this.#flow.advance(one); }
  }
}
