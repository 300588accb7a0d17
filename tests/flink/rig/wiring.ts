/** Which subtask a row goes to, and what comes to which. */
import type { OutletPlan, StagePlan } from "../../../src/flink/plan.ts";
import { type Row, subtaskOf, textOf } from "./row.ts";
import type { Subtask } from "./subtask.ts";

/** What a stage of a plan says of its input. */
export type StageInput = Pick<StagePlan, "eventTime" | "input">;

type Exchange = OutletPlan & { readonly kind: "exchange" };

/** The stages of a plan at a parallelism. */
export class Wiring {
  readonly stages: readonly StagePlan[];
  readonly parallelism: number;
  readonly #above: readonly ReadonlySet<number>[];
  #turn = 0;

  constructor(stages: readonly StagePlan[], parallelism: number) {
    this.stages = stages;
    this.parallelism = parallelism;
    const above: Set<number>[] = [];
    // Each comes before those that it leads to.
    for (const { index } of stages) {
      above[index] = new Set(this.#sendersTo(index).flatMap((sender) => [...above[sender]!, sender]));
    }
    this.#above = above;
  }

  /** How many subtasks a stage has. */
  subtasks(stage: number): number {
    return this.stages[stage]!.input.kind === "made" ? 1 : this.parallelism;
  }

  /** How many subtasks send to a stage. */
  channels(stage: number): number {
    return this.#sendersTo(stage).reduce((sum, sender) => sum + this.subtasks(sender), 0);
  }

  /** The stages whose records come to a stage, over others too, in the order of the plan. */
  above(stage: number): number[] {
    return [...this.#above[stage]!].sort((a, b) => a - b);
  }

  exchanges(stage: number): Exchange[] {
    return this.stages[stage]!.outlets.filter((outlet) => outlet.kind === "exchange");
  }

  /** Those of a stage's subtasks that a row goes to. */
  receivers({ broadcast }: Exchange, { key }: Row, subtasks: readonly Subtask[]): readonly Subtask[] {
    if (broadcast) return subtasks;
    const { parallelism } = this;
    return [subtasks[key === null ? this.#turn++ % parallelism : subtaskOf(textOf(key)!, parallelism)]!];
  }

  #sendersTo(stage: number): number[] {
    return this.stages.filter(({ index }) => this.exchanges(index).some((exchange) => exchange.stage === stage))
      .map(({ index }) => index);
  }
}
