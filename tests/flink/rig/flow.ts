/** The way of rows and event time through the stages of a job. */
import type { DescribedPlan } from "../../../src/flink/description.ts";
import { formatTopicPlace, type TopicPlace } from "../../../src/flink/exchange.ts";
import type { Partitions } from "./partitions.ts";
import { exchangedPlace, type ResultRecord, resultRecord, type Row } from "./row.ts";
import type { Answer, Subtask } from "./subtask.ts";
import { Wiring } from "./wiring.ts";

/** How a job is run. */
export interface RigOptions {
  readonly parallelism: number;
  /** Rows that a worker is handed at once. */
  readonly batch: number;
}

/** Hands rows and event time to subtasks, and takes what they answer to where it belongs. */
export class Flow {
  readonly results: ResultRecord[] = [];
  /** How many batches workers were handed, and rows in them. */
  readonly handed = { batches: 0, rows: 0 };
  /** By stage. */
  readonly stages: Subtask[][] = [];
  readonly #plan: DescribedPlan;
  readonly #inOrder: boolean;
  /** Which record of the sources each record of a topic was. */
  readonly #turns = new Map<string, number>();
  #turn = 0;
  #wiring!: Wiring;
  #partitions!: Partitions;
  #batch!: number;

  /** @param inOrder whether all goes in the order of home, see `RigJob.ends` */
  constructor(plan: DescribedPlan, inOrder: boolean) {
    this.#plan = plan;
    this.#inOrder = inOrder;
  }

  /** Goes on with other subtasks, which are to be added. @param partitions that they read */
  begin({ parallelism, batch }: RigOptions, partitions: Partitions): Wiring {
    this.#partitions = partitions;
    this.stages.length = 0;
    this.#batch = batch;
    return this.#wiring = new Wiring(this.#plan.stages, parallelism);
  }

  /** Adds a subtask, of the first stage first. */
  add(one: Subtask): void {
    (this.stages[one.stage] ??= []).push(one);
  }

  /** The partitions that a subtask reads and that have not ended. */
  partitionsOf(one: Subtask): number[] {
    const { input } = this.#plan.stages[one.stage]!;
    return input.kind === "topic" ? this.#partitions.of(one, input.topic, this.#wiring.parallelism) : [];
  }

  get subtasks(): Subtask[] {
    return this.stages.flat();
  }

  /** The number of the last record that was fed. */
  get turn(): number {
    return this.#turn;
  }

  /** @returns the number of the next record, which is of this place */
  nextTurn(place: TopicPlace): number {
    this.#turns.set(formatTopicPlace(place), ++this.#turn);
    return this.#turn;
  }

  /** Hands over what waits, and event time behind it, until nothing moves any more. */
  async settle(): Promise<void> {
    for (const subtasks of this.stages) {
      for (const one of subtasks) await this.#work(one, 1);
      for (const one of subtasks) if (one.pending > 0) await this.#takePushed(one);
      for (const one of subtasks) await this.advance(one);
    }
  }

  /** Waits until asynchronous operators have all their answers. */
  async awaitAnswers(): Promise<void> {
    while (true) {
      const waiting = this.subtasks.filter(({ pending }) => pending > 0);
      if (waiting.length === 0) return;
      const woken = waiting.map(({ worker }) => worker.woken());
      await Promise.race(woken);
      for (const { worker } of waiting) worker.wake();
      await Promise.all(woken);
      await this.settle();
    }
  }

  async #takePushed(one: Subtask): Promise<void> {
    const answer = await one.pushed();
    if (answer !== undefined) await this.take(one, answer);
  }

  /** A row comes to a subtask, which is handed a batch when there are enough. */
  async deliver(to: Subtask, row: Row): Promise<void> {
    if (this.#inOrder) await this.#catchUp(to.stage, row.turn);
    to.waiting.push(row);
    await this.#work(to, this.#batch);
  }

  /** What may come to a stage of records up to this one is there when it resolves. */
  async #catchUp(stage: number, turn: number): Promise<void> {
    for (const one of this.#wiring.above(stage).flatMap((above) => this.stages[above]!)) {
      // What a subtask is at work with comes in its own order.
      while (!one.busy && one.waiting.length > 0 && one.waiting[0]!.turn <= turn) {
        const later = one.waiting.findIndex((row) => row.turn > turn);
        await this.#hand(one, Math.min(later < 0 ? one.waiting.length : later, this.#batch));
      }
    }
  }

  /** Hands over what waits in full batches. @param least how many rows a last one must have */
  async #work(one: Subtask, least: number): Promise<void> {
    while (one.waiting.length >= least) await this.#hand(one, Math.min(this.#batch, one.waiting.length));
  }

  async #hand(one: Subtask, rows: number): Promise<void> {
    const { turn } = one.waiting[rows - 1]!;
    this.handed.batches++;
    this.handed.rows += rows;
    await this.take(one, await one.batch(rows), turn);
  }

  /** Brings a subtask as far in event time as all have come that it is fed by. */
  async advance(one: Subtask, turn = this.#turn): Promise<void> {
    const { input } = this.#plan.stages[one.stage]!;
    const ms = input.kind === "exchange" ? one.combinedMs(this.#wiring.channels(one.stage)) : this.#sourceMs(one);
    if (ms !== undefined) await this.advanceTo(one, ms, turn);
  }

  #sourceMs(one: Subtask): number | undefined {
    if (!this.#inOrder) return one.combinedMs();
    const { input } = this.#plan.stages[one.stage]!;
    const open = this.partitionsOf(one).length;
    return open === 0 && input.kind === "topic" ? Number.POSITIVE_INFINITY : one.combinedMs(open);
  }

  /** Brings a subtask up to a point in event time, if it is not there yet. */
  async advanceTo(one: Subtask, watermarkMs: number, turn = this.#turn): Promise<void> {
    if (watermarkMs <= one.watermarkMs) return;
    // Where it is not event time the runner keeps it to itself.
    if (!this.#plan.stages[one.stage]!.eventTime && watermarkMs < Number.POSITIVE_INFINITY) return;
    one.watermarkMs = watermarkMs;
    if (this.#inOrder) await this.#catchUp(one.stage, turn);
    await this.#work(one, 1);
    await this.take(one, await one.watermark(watermarkMs), turn);
  }

  /** Takes what comes of a request where it belongs. @param turn of the last record that it was about */
  async take(one: Subtask, answer: Answer, turn = this.#turn): Promise<void> {
    one.busy = true;
    await this.#takeOne(one, answer, turn);
    // Records at work in asynchronous operators hold event time back on all ways out of a stage, at home only on their own.
    while (this.#inOrder && one.pending > 0) {
      await one.worker.woken();
      const pushed = await one.pushed();
      if (pushed !== undefined) await this.#takeOne(one, pushed, turn);
    }
    one.busy = false;
  }

  async #takeOne(one: Subtask, { rows, watermarkMs, idle }: Answer, turn: number): Promise<void> {
    const { outlets } = this.#plan.stages[one.stage]!;
    for (const row of rows) {
      const outlet = outlets[row.outlet]!;
      if (outlet.kind === "topic") {
        this.results.push(resultRecord(outlet.topic, row));
        continue;
      }
      const place = exchangedPlace(row);
      const known = place && this.#turns.get(formatTopicPlace(place));
      for (const to of this.#wiring.receivers(outlet, row, this.stages[outlet.stage]!)) {
        await this.deliver(to, { ...row, turn: known ?? turn });
      }
    }
    if (watermarkMs !== undefined) await this.#takeTime(one, { watermarkMs, idle, turn });
  }

  /** Event time follows the records before it. */
  async #takeTime(
    { stage, number }: Subtask,
    { watermarkMs, idle, turn }: { watermarkMs: number; idle: boolean; turn: number },
  ): Promise<void> {
    const from = `${stage}/${number}`;
    for (const to of this.#wiring.exchanges(stage).flatMap((exchange) => this.stages[exchange.stage]!)) {
      to.inputMs.set(from, watermarkMs);
      if (idle) to.idle.add(from);
      else to.idle.delete(from);
      if (this.#inOrder) await this.advance(to, turn);
    }
  }
}
