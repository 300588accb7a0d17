import type { DeadLetter } from "../../src/engine/job_store.ts";
import type { NodeInput, OperatorNode, StreamNode } from "../../src/engine/graph.ts";
import type { KeySelector } from "../../src/engine/operators/functions.ts";
import type { Operator, TwoInputOperator } from "../../src/engine/operators/operator.ts";
import { MIN_WATERMARK, NO_TIMESTAMP } from "../../src/engine/record.ts";
import type { ErrorPolicy } from "../../src/engine/runtime/options.ts";
import type { Shared } from "../../src/engine/runtime/shared.ts";
import { Snapshot } from "../../src/engine/runtime/snapshot.ts";
import { Edge, FanOut, Task } from "../../src/engine/runtime/task.ts";
import type { OutputTag } from "../../src/engine/side_output.ts";
import { Changes } from "../../src/engine/state/changes.ts";
import { KeyedStateBackend } from "../../src/engine/state/keyed_state_backend.ts";
import { TimerQueue } from "../../src/engine/time/timer_queue.ts";
import { ManualClock } from "./manual_clock.ts";

/** What goes along an edge: `[value, timestampMs]`, or a watermark, or a change between idle and active. */
export type Flow = readonly [value: unknown, timestampMs: number] | { readonly watermark: number } | "idle" | "active";

/** The end of an edge, which writes down what comes. */
export class Probe extends Edge {
  #flows: Flow[] = [];

  constructor() {
    super(undefined as unknown as Task, 0, 0);
  }

  override get bypass(): FanOut | undefined {
    return undefined;
  }

  override collect(value: unknown, timestampMs: number): void {
    this.#flows.push([value, timestampMs]);
  }

  override emitWatermark(watermark: number): void {
    this.#flows.push({ watermark });
  }

  override emitIdle(idle: boolean): void {
    this.#flows.push(idle ? "idle" : "active");
  }

  /** What has come since it was asked last. */
  take(): Flow[] {
    const flows = this.#flows;
    this.#flows = [];
    return flows;
  }
}

/** What tasks share, with dead letters written down. */
export function newShared(clock = new ManualClock(), onError: ErrorPolicy = "dead-letter"): Shared & { readonly letters: Omit<DeadLetter, "attempt">[] } {
  const letters: Omit<DeadLetter, "attempt">[] = [];
  return {
    clock,
    changes: new Changes(),
    current: undefined,
    onError,
    letters,
    deadLetter: (letter) => void letters.push(letter),
    wake: () => {},
    signal: new AbortController().signal,
  };
}

export interface RigOptions<IN, IN2 = never> {
  readonly name?: string;
  readonly keyBy?: (value: IN) => unknown;
  /** Of the second input; if it is set, or `twoInputs`, the operator has two. */
  readonly keyBy2?: (value: IN2) => unknown;
  readonly twoInputs?: boolean;
  /** How many streams come into the first input; default 1. */
  readonly inputs?: number;
  readonly clock?: ManualClock;
  /** Side outputs that are read. */
  readonly sides?: readonly OutputTag<never>[];
}

/** One operator in a task of its own: the test hands in records and event time, and takes what comes out. */
export class OperatorRig<IN, OUT, IN2 = never> {
  readonly operator: Operator<IN, OUT> | TwoInputOperator<IN, IN2, OUT>;
  readonly clock: ManualClock;
  readonly task: Task;
  readonly shared: ReturnType<typeof newShared>;
  readonly #create: () => Operator<IN, OUT> | TwoInputOperator<IN, IN2, OUT>;
  readonly #options: RigOptions<IN, IN2>;
  readonly #edges: readonly Edge[];
  readonly #secondEdge: Edge | undefined;
  readonly #sideProbes = new Map<string, Probe>();
  readonly #probe = new Probe();
  /** What commits have stored. */
  readonly #entries: Map<string, string>;

  constructor(
    create: () => Operator<IN, OUT> | TwoInputOperator<IN, IN2, OUT>,
    options: RigOptions<IN, IN2> = {},
    restored: { entries: Map<string, string>; watermarkMs: number; versions: Record<string, number | string> } = {
      entries: new Map(),
      watermarkMs: MIN_WATERMARK,
      versions: {},
    },
  ) {
    this.#create = create;
    this.#options = options;
    this.#entries = restored.entries;
    this.operator = create();
    this.clock = options.clock ?? new ManualClock();
    this.shared = newShared(this.clock);
    const { name = "op", keyBy, keyBy2, inputs = 1, twoInputs = keyBy2 !== undefined, sides = [] } = options;
    const inputOf = (streams: number, keySelector: unknown): NodeInput => ({
      from: Array.from({ length: streams }, () => ({ node: {} as StreamNode, tag: undefined })),
      keySelector: keySelector as KeySelector<unknown, unknown> | undefined,
    });
    const first = inputOf(inputs, keyBy);
    const node: OperatorNode = {
      kind: "operator",
      operation: "test",
      name,
      uid: name,
      explicitUid: false,
      inputs: twoInputs ? [first, inputOf(1, keyBy2)] : [first],
      create: create as () => Operator<unknown, unknown>,
    };
    const snapshot = new Snapshot(restored.entries);
    const { changes } = this.shared;
    const output = new FanOut();
    output.add(this.#probe);
    const sideOutputs = new Map(sides.map(({ id }) => {
      const [side, probe] = [new FanOut(output), new Probe()];
      side.add(probe);
      this.#sideProbes.set(id, probe);
      return [id, side];
    }));
    this.task = new Task({
      node,
      operator: this.operator as Operator<unknown, unknown>,
      state: new KeyedStateBackend(name, changes, snapshot.takeState(name), restored.versions, () => this.clock.now()),
      timers: new TimerQueue(name, changes, snapshot.takeTimers(name)),
      processingTimers: new TimerQueue(
        name,
        changes,
        snapshot.takeTimers(name, "processing-timer"),
        "processing-timer",
      ),
      output,
      sideOutputs,
      shared: this.shared,
      restoredWatermarkMs: restored.watermarkMs,
    });
    this.#edges = Array.from({ length: inputs }, (_, channel) => this.task.addEdge(0, channel));
    this.#secondEdge = twoInputs ? this.task.addEdge(1, 0) : undefined;
    this.task.open();
  }

  record(value: IN, timestampMs = NO_TIMESTAMP, input = 0): this {
    this.#edges[input]!.collect(value, timestampMs);
    return this;
  }

  watermark(watermarkMs: number, input = 0): this {
    this.#edges[input]!.emitWatermark(watermarkMs);
    return this;
  }

  idle(idle: boolean, input = 0): this {
    this.#edges[input]!.emitIdle(idle);
    return this;
  }

  /** Likewise into the second input. */
  record2(value: IN2, timestampMs = NO_TIMESTAMP): this {
    this.#secondEdge!.collect(value, timestampMs);
    return this;
  }

  watermark2(watermarkMs: number): this {
    this.#secondEdge!.emitWatermark(watermarkMs);
    return this;
  }

  idle2(idle: boolean): this {
    this.#secondEdge!.emitIdle(idle);
    return this;
  }

  /** The clock comes to `nowMs`: timers that are due fire. */
  processingTime(nowMs: number): this {
    this.clock.nowMs = nowMs;
    this.task.advanceProcessingTime(nowMs);
    return this;
  }

  /** What has come out of a side output since this was asked last; it must be among the rig's `sides`. */
  takeSide(tag: OutputTag<never>): Flow[] {
    return this.#sideProbes.get(tag.id)!.take();
  }

  /** What has come out since this was asked last. */
  take(): Flow[] {
    return this.#probe.take();
  }

  get letters(): readonly Omit<DeadLetter, "attempt">[] {
    return this.shared.letters;
  }

  /** Stores what has changed. @returns the changes */
  commit(): [string, string | null][] {
    const changes = new Map(this.shared.changes.drain());
    for (const [key, value] of changes) {
      if (value === null) this.#entries.delete(key);
      else this.#entries.set(key, value);
    }
    return [...changes];
  }

  /** A new task of a new operator with what the last commit has. */
  restart(): OperatorRig<IN, OUT, IN2> {
    return new OperatorRig(this.#create, { ...this.#options, clock: this.clock }, {
      entries: this.#entries,
      watermarkMs: this.task.realWatermarkMs(Number.POSITIVE_INFINITY),
      versions: this.task.state.versions(),
    });
  }
}
