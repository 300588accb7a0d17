import type { Clock } from "../clock.ts";
import type { OperatorError, RecordError, RecordOrigin } from "../errors.ts";
import type { StreamNode } from "../graph.ts";
import type { FailedWindow, Lateness } from "../operators/operator.ts";
import type { Finding, SentRecord, Tracer, TraceStep, TraceStepBase } from "../trace.ts";
import { bytesText, functionText, present, sourceText, timeOf, traceValue } from "../reporting/trace_value.ts";
import type { Changes } from "../state/changes.ts";
import type { Timer } from "../time/timer_queue.ts";
import { errorOf } from "./dead_letters.ts";
import type { FanOut } from "./edge.ts";
import type { ErrorPolicy } from "./error_policy.ts";
import { type Held, OpenTraces } from "./open_traces.ts";
import { TracedChanges, type TracedTask } from "./traced_changes.ts";

/** What a tracing reports on. */
export interface TracingOptions {
  readonly jobName: string;
  readonly changes: Changes;
  readonly clock: Pick<Clock, "now">;
  /** Who follows records from the first one on; left out: nobody, until somebody asks for it. */
  readonly tracer?: Tracer | undefined;
}

/** The part of an output that a tracing needs. */
export type TracedOutput = Pick<FanOut, "listen">;

/**
 * Follows records through one attempt of a job. As a record goes its way by plain calls, what is reported between its first step
 * and its last comes of it; what waits (in a window, for a timer, for an answer) is remembered, and followed again when it goes
 * on.
 *
 * While nobody follows, outputs have nothing to do for it, and what else is called here costs one comparison.
 */
export class Tracing {
  readonly #outputs: { readonly output: TracedOutput; readonly node: StreamNode; readonly tag: string | undefined }[] =
    [];
  #tracer: Tracer | undefined;
  /** Numbers of the steps that led to the work at hand; undefined: nobody follows it. */
  causes: readonly number[] | undefined;
  readonly #options: TracingOptions;
  readonly #tasks = new Map<string, TracedTask>();
  readonly #open = new OpenTraces((open) => this.#tracer?.onOpenChanged?.(open));
  readonly #changed: TracedChanges;
  #lastStep = 0;

  constructor(options: TracingOptions) {
    this.#options = options;
    this.#tracer = options.tracer;
    this.#changed = new TracedChanges({
      journal: options.changes.journal,
      tasks: this.#tasks,
      open: this.#open,
      report: (operator, finding) => this.#report(operator, finding),
    });
  }

  /** Makes an operator known, so that changes of its state and timers can be reported under its name. */
  add(task: TracedTask): void {
    this.#tasks.set(task.node.uid, task);
  }

  /** Makes an output known, once it is wired. @param tag id of the side output; left out: the main one */
  addOutput(output: TracedOutput, node: StreamNode, tag?: string): void {
    this.#outputs.push({ output, node, tag });
    if (this.#tracer !== undefined) this.#listen(output, node, tag);
  }

  /** Who follows records; undefined: nobody. */
  get tracer(): Tracer | undefined {
    return this.#tracer;
  }

  /**
   * Follows records from now on, or no longer: what waits of those that were followed is forgotten then. It may be called while the
   * job runs, between two records.
   */
  follow(tracer: Tracer | undefined): void {
    if (tracer === this.#tracer) return;
    const wasOn = this.#tracer !== undefined;
    this.#tracer = tracer;
    this.causes = undefined;
    if (tracer === undefined) this.#open.clear();
    if (wasOn === (tracer !== undefined)) return;
    for (const { output, node, tag } of this.#outputs) {
      if (tracer === undefined) output.listen(undefined);
      else this.#listen(output, node, tag);
    }
  }

  #listen(output: TracedOutput, node: StreamNode, tag: string | undefined): void {
    output.listen({
      emitted: (value, timestampMs) =>
        this.causes === undefined ? undefined : this.#emitted(node, { value, timestampMs, tag }),
      // What follows is again the work of the node that emitted it.
      returned: (causes) => {
        this.#reportChanges();
        this.causes = causes;
      },
    });
  }

  // ------------------------------------------------------------------------------------------------ a source's record

  /**
   * A record was taken; from now on it is at work, if it is followed.
   * @param decoded what its bytes became; left out: they could not be decoded
   */
  begin(
    source: string,
    origin: RecordOrigin | undefined,
    timestampMs: number,
    decoded?: { readonly value: unknown },
  ): void {
    this.causes = undefined;
    if (origin === undefined || !this.#tracer!.follows(origin, timestampMs)) return;
    this.causes = [];
    this.#changed.beginAt(0);
    this.#open.begin();
    const { topic, partition, offset, key, value } = origin;
    this.#advance(source, {
      kind: "read",
      topic,
      partition,
      offset,
      timestampMs: timeOf(origin.timestampMs),
      key: bytesText(key),
      value: bytesText(value),
    });
    if (decoded === undefined) return;
    this.#advance(source, { kind: "decoded", value: traceValue(decoded.value), timestampMs: timeOf(timestampMs) });
  }

  /** The record at work could not be decoded, or a function threw: what it has changed is undone. */
  dead(operator: string, error: OperatorError | RecordError, policy: ErrorPolicy): void {
    if (this.causes === undefined) return;
    this.#open.undo();
    this.deadFiring(operator, error, policy);
    this.causes = undefined;
  }

  /** A function threw at the window or timer that fires. */
  deadFiring(operator: string, error: OperatorError | RecordError, policy: ErrorPolicy): void {
    if (this.causes === undefined) return;
    const fate = policy === "fail" ? "the job fails" : policy === "skip" ? "skipped" : "dead letter";
    this.#report(operator, { kind: "dead", ...errorOf(error), fate });
  }

  /** The record at work has gone all its way. */
  end(): void {
    if (this.causes === undefined) return;
    this.#reportChanges();
    this.causes = undefined;
  }

  // ------------------------------------------------------------------------------------------------ operators

  filtered(task: TracedTask): void {
    if (this.causes === undefined) return;
    this.#reportChanges();
    const { node, operator: { userFunction } } = task;
    const operation = node.kind === "sink" ? node.kind : node.operation;
    this.#report(node.name, { kind: "filtered", operation, ...present("function", sourceText(userFunction)) });
  }

  late(task: TracedTask, { message, lateFromMs }: Lateness, to: "dead letters" | "side output"): void {
    if (this.causes === undefined) return;
    this.#reportChanges();
    const watermarkMs = task.currentWatermark();
    const lateByMs = Number.isFinite(lateFromMs) && Number.isFinite(watermarkMs) ? watermarkMs - lateFromMs : null;
    this.#report(task.node.name, { kind: "late", message, lateByMs, eventTimeMs: timeOf(watermarkMs), to });
  }

  sent(task: TracedTask, value: unknown, timestampMs: number, record: SentRecord | undefined): void {
    this.#reportChanges();
    const to = task.node.kind === "sink" ? task.node.sink.description : task.node.name;
    this.#report(task.node.name, {
      kind: "sent",
      to,
      ...present("record", record),
      value: traceValue(value),
      timestampMs: timeOf(timestampMs),
    });
  }

  /** An item has to wait. What is done with it later counts as a consequence of the record at work. */
  keep(task: TracedTask, item: unknown): void {
    if (this.causes === undefined || typeof item !== "object" || item === null) return;
    let { causes } = this;
    if (task.operator.pendingResults !== undefined) {
      this.#reportChanges();
      const fn = functionText(task.operator.userFunction);
      causes = [this.#report(task.node.name, { kind: "asked", ...present("function", fn) })];
    }
    this.#open.keep(item, causes, task.operator.pendingResults !== undefined);
  }

  /**
   * A call that was kept has come to its end.
   * @param run does work as a part of the call's record
   */
  answered(task: TracedTask, call: object, run: (work: () => void) => void, work: () => void): void {
    const before = this.causes;
    this.causes = this.#open.take(call)?.causes;
    run(() => {
      this.#changed.beginAt(0);
      if (this.causes !== undefined) this.#advance(task.node.name, { kind: "answered" });
      work();
      this.#reportChanges();
    });
    this.causes = before;
  }

  /** Two values are joined, each of which may have waited: what follows is a consequence of both. */
  joined(
    task: TracedTask,
    { left, right }: { readonly left: unknown; readonly right: unknown },
    work: () => void,
  ): void {
    const causes = [...new Set([...this.causes ?? [], ...this.#open.causesOf(left), ...this.#open.causesOf(right)])];
    if (causes.length === 0) return work();
    this.#reportChanges();
    const before = this.causes;
    this.causes = causes;
    this.#advance(task.node.name, { kind: "joined", left: traceValue(left), right: traceValue(right) });
    work();
    this.#reportChanges();
    this.causes = before;
  }

  // ------------------------------------------------------------------------------------------------ timers and windows

  /** Whether a timer or window that fires may concern what is followed: else nothing need be looked up for it. */
  get mayConcern(): boolean {
    return this.#tracer !== undefined && (this.causes !== undefined || this.#open.isWaiting);
  }

  /** A timer fires. If its operator has windows, {@link Tracing.window} reports what it leads to. */
  timer(task: TracedTask, timer: Timer, work: () => void): void {
    const { node: { uid, name }, operator: { firesWindows } } = task;
    if (firesWindows) return this.#apart(undefined, work);
    this.#apart(this.#open.takeKey(uid, timer.key, timer.timeMs), () => {
      if (this.causes !== undefined) {
        const key = traceValue(timer.key);
        this.#advance(name, { kind: "fired", key, dueMs: timer.timeMs, eventTimeMs: timeOf(task.currentWatermark()) });
      }
      work();
    });
  }

  /** User functions are called for a window: it fires, or its trigger is asked. */
  window(task: TracedTask, { namespace, emits, window, value, timestampMs }: FailedWindow, work: () => void): void {
    const { node: { uid, name }, state: { currentKey } } = task;
    // The record at work may just have come into the window.
    this.#reportChanges();
    const held = this.#open.inWindow(uid, namespace, currentKey);
    if (held === undefined || !emits) return work();
    this.#apart(held, () => {
      this.#advance(name, {
        kind: "fired",
        key: traceValue(currentKey),
        window,
        dueMs: timestampMs,
        contents: traceValue(value),
        eventTimeMs: timeOf(task.currentWatermark()),
      });
      work();
    });
  }

  /** Windows have been merged into another one. */
  merged(task: TracedTask, target: string, sources: readonly string[]): void {
    this.#open.merge(task.node.uid, target, sources, task.state.currentKey);
  }

  /** A window has been cleared. */
  closed(task: TracedTask, namespace: string): void {
    this.#open.close(task.node.uid, namespace, task.state.currentKey);
  }

  // ------------------------------------------------------------------------------------------------ inside

  /** A node emits a record. @returns the steps that led to it */
  #emitted(
    node: StreamNode,
    { value, timestampMs, tag }: {
      readonly value: unknown;
      readonly timestampMs: number;
      readonly tag: string | undefined;
    },
  ): readonly number[] {
    this.#reportChanges();
    const { causes } = this;
    if (node.kind === "operator") {
      this.#advance(node.name, {
        kind: "emitted",
        operation: node.operation,
        ...present("function", functionText(this.#tasks.get(node.uid)?.operator.userFunction)),
        value: traceValue(value),
        timestampMs: timeOf(timestampMs),
        ...present("sideOutput", tag),
      });
    }
    return causes!;
  }

  /** What the work at hand has changed since the last report. */
  #reportChanges(): void {
    this.#changed.report(this.causes !== undefined);
  }

  /** Does work that is not a consequence of the record at work: of other steps, or (undefined) of what nobody follows. */
  #apart(held: Held | undefined, work: () => void): void {
    const { causes } = this;
    const { journal } = this.#options.changes;
    this.#reportChanges();
    this.causes = undefined;
    try {
      if (held === undefined) return work();
      // Outside of a record the journal logs nothing, and changes could not be seen; a part of it does.
      journal.part(() => {
        this.#changed.beginAt(journal.length);
        this.causes = held.causes;
        work();
        this.#reportChanges();
      });
    } finally {
      this.#changed.beginAt(journal.length);
      this.causes = causes;
    }
  }

  /** Reports a step, and makes it the cause of what follows. */
  #advance(operator: string, finding: Finding): void {
    this.causes = [this.#report(operator, finding)];
  }

  /** @returns its number */
  #report(operator: string, finding: Finding): number {
    const { jobName, clock } = this.#options;
    const step = ++this.#lastStep;
    const base: TraceStepBase = { step, causes: [...this.causes!], job: jobName, operator, clockMs: clock.now() };
    this.#tracer!.take({ ...base, ...finding } as TraceStep);
    return step;
  }
}
