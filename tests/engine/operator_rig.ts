import type { DeadLetter } from "../../src/engine/job_store.ts";
import type { OperatorNode, StreamNode } from "../../src/engine/graph.ts";
import type { Operator } from "../../src/engine/operators/operator.ts";
import { MIN_WATERMARK, NO_TIMESTAMP } from "../../src/engine/record.ts";
import type { Shared } from "../../src/engine/runtime/shared.ts";
import { Snapshot } from "../../src/engine/runtime/snapshot.ts";
import { Edge, FanOut, Task } from "../../src/engine/runtime/task.ts";
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
    super(undefined as unknown as Task, 0);
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
export function newShared(clock = new ManualClock()): Shared & { readonly letters: Omit<DeadLetter, "attempt">[] } {
  const letters: Omit<DeadLetter, "attempt">[] = [];
  return {
    clock,
    changes: new Changes(),
    current: undefined,
    letters,
    deadLetter: (letter) => void letters.push(letter),
  };
}

export interface RigOptions<IN> {
  readonly name?: string;
  readonly keyBy?: (value: IN) => unknown;
  /** How many streams come in; default 1. */
  readonly inputs?: number;
  readonly clock?: ManualClock;
}

/** One operator in a task of its own: the test hands in records and event time, and takes what comes out. */
export class OperatorRig<IN, OUT> {
  readonly operator: Operator<IN, OUT>;
  readonly task: Task;
  readonly shared: ReturnType<typeof newShared>;
  readonly #create: () => Operator<IN, OUT>;
  readonly #options: RigOptions<IN>;
  readonly #edges: readonly Edge[];
  readonly #probe = new Probe();
  /** What commits have stored. */
  readonly #entries: Map<string, string>;

  constructor(
    create: () => Operator<IN, OUT>,
    options: RigOptions<IN> = {},
    restored: { entries: Map<string, string>; watermarkMs: number; versions: Record<string, number> } = {
      entries: new Map(),
      watermarkMs: MIN_WATERMARK,
      versions: {},
    },
  ) {
    this.#create = create;
    this.#options = options;
    this.#entries = restored.entries;
    this.operator = create();
    this.shared = newShared(options.clock);
    const { name = "op", keyBy, inputs = 1 } = options;
    const node: OperatorNode = {
      kind: "operator",
      operation: "test",
      name,
      uid: name,
      explicitUid: false,
      input: {
        from: Array.from({ length: inputs }, () => ({}) as StreamNode),
        keySelector: keyBy as ((value: unknown) => unknown) | undefined,
      },
      create: create as () => Operator<unknown, unknown>,
    };
    const snapshot = new Snapshot(restored.entries);
    const { changes } = this.shared;
    const output = new FanOut();
    output.add(this.#probe);
    this.task = new Task({
      node,
      operator: this.operator as Operator<unknown, unknown>,
      state: new KeyedStateBackend(name, changes, snapshot.takeState(name), restored.versions),
      timers: new TimerQueue(name, changes, snapshot.takeTimers(name)),
      output,
      shared: this.shared,
      restoredWatermarkMs: restored.watermarkMs,
    });
    this.#edges = Array.from({ length: inputs }, () => this.task.addEdge());
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
  restart(): OperatorRig<IN, OUT> {
    return new OperatorRig(this.#create, this.#options, {
      entries: this.#entries,
      watermarkMs: this.task.currentWatermark(),
      versions: this.task.state.versions(),
    });
  }
}
