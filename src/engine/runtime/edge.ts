import { MIN_WATERMARK, type StreamOutput } from "../record.ts";
import type { SourceSplit } from "../source.ts";
import type { Counts } from "./counts.ts";

/** Where a record comes from: asked only when a message or a dead letter must name the place. */
export type RecordPlace = Pick<SourceSplit<unknown>, "origin">;

/** The task at the end of an edge. */
export interface Receiver {
  /** Whether it has no use for event time: then watermarks go directly to the tasks below it. */
  readonly ignoresTime: boolean;
  readonly output: FanOut;
  process(value: unknown, timestampMs: number, place?: RecordPlace): void;
  /** A record of the second input. */
  processSecond(value: unknown, timestampMs: number, place?: RecordPlace): void;
  inputWatermark(input: number, channel: number, watermarkMs: number): void;
  inputIdle(input: number, channel: number, idle: boolean): void;
}

/** A way on for records. */
export interface Way {
  collect(value: unknown, timestampMs: number, place?: RecordPlace): void;
  emitIdle(idle: boolean): void;
}

/** Is asked as a record leaves an output, see `FanOut.listen()`. */
export interface EmissionListener {
  /** @returns what to hand to `returned()` when the tasks below have taken the record; undefined: nobody follows it */
  emitted(value: unknown, timestampMs: number): readonly number[] | undefined;
  returned(causes: readonly number[]): void;
}

/** The way from one task to another, or from a source to a task. */
export class Edge implements StreamOutput<unknown>, Way {
  protected readonly task: Receiver;
  readonly #input: number;
  readonly #channel: number;

  constructor(task: Receiver, input: number, channel: number) {
    this.task = task;
    this.#input = input;
    this.#channel = channel;
  }

  /** Where watermarks go that the task has no use for, as most tasks have: nearly every record brings one. */
  get timeThrough(): FanOut | undefined {
    return this.task.ignoresTime ? this.task.output : undefined;
  }

  collect(value: unknown, timestampMs: number, place?: RecordPlace): void {
    this.task.process(value, timestampMs, place);
  }

  emitWatermark(watermarkMs: number): void {
    this.task.inputWatermark(this.#input, this.#channel, watermarkMs);
  }

  emitIdle(idle: boolean): void {
    this.task.inputIdle(this.#input, this.#channel, idle);
  }
}

/** The way to the second input of a task. */
export class SecondEdge extends Edge {
  override collect(value: unknown, timestampMs: number, place?: RecordPlace): void {
    this.task.processSecond(value, timestampMs, place);
  }
}

/**
 * The ways out of a task or source: none, one (nearly always) or several. Wired once, before the first record, and from the
 * sources down.
 */
export class FanOut implements StreamOutput<unknown> {
  /** Of the task or source whose output it is. */
  readonly counts: Counts;
  /**
   * Where the record at work comes from; its owner sets it, and the edges hand it on with all that comes of the record. Undefined
   * where no record is at work: a timer that fires, a result that was awaited.
   */
  place: RecordPlace | undefined;
  /** The main output; itself unless it is a side output. */
  readonly #main: FanOut;
  #first: Way | undefined;
  #others: readonly Way[] = [];
  /** The ways as they are wired, while somebody listens. */
  #wired: readonly Way[] | undefined;
  /** Edges to the nearest tasks below that use event time. */
  readonly #timed: Edge[] = [];
  readonly #sideOutputs: FanOut[] = [];
  /** Emits event time in place of this one: the main output of a side output, or what is above a task that ignores time. */
  #timeFrom: FanOut | undefined;
  #watermarkMs = MIN_WATERMARK;

  /** @param main the output that this one is beside, if it is a side output */
  constructor(counts: Counts, main?: FanOut) {
    this.counts = counts;
    this.#main = main ?? this;
    if (main === undefined) return;
    this.#timeFrom = main;
    main.#sideOutputs.push(this);
  }

  add(edge: Edge): void {
    if (this.#first === undefined) this.#first = edge;
    else this.#others = [...this.#others, edge];
    const timeFrom = this.#timeSource;
    const { timeThrough } = edge;
    if (timeThrough === undefined) timeFrom.#timed.push(edge);
    else timeThrough.#timeFrom = timeFrom;
  }

  /** Event time behind this output, ms. */
  get watermarkMs(): number {
    return this.#timeSource.#watermarkMs;
  }

  /** Restores it from the last commit: nothing is emitted to the tasks below. */
  set watermarkMs(ms: number) {
    this.#watermarkMs = ms;
  }

  collect(value: unknown, timestampMs: number): void {
    const { counts } = this;
    const main = this.#main;
    const { place } = main;
    counts.touch();
    if (main === this) counts.out++;
    else counts.sideOut++;
    this.#first?.collect(value, timestampMs, place);
    for (let i = 0; i < this.#others.length; i++) this.#others[i]!.collect(value, timestampMs, place);
  }

  /**
   * Has somebody called with each record that leaves here, once it is wired; undefined: nobody any more. While nobody listens, a
   * record pays nothing for it.
   */
  listen(listener: EmissionListener | undefined): void {
    const wired = this.#wired ?? [this.#first, ...this.#others].filter((way) => way !== undefined);
    this.#wired = listener === undefined ? undefined : wired;
    [this.#first, ...this.#others] = listener === undefined ? wired as Way[] : [new HeardWay(wired, listener)];
  }

  emitWatermark(watermarkMs: number): void {
    this.#watermarkMs = watermarkMs;
    for (let i = 0; i < this.#timed.length; i++) this.#timed[i]!.emitWatermark(watermarkMs);
  }

  emitIdle(idle: boolean): void {
    this.#first?.emitIdle(idle);
    for (const edge of this.#others) edge.emitIdle(idle);
    for (const side of this.#sideOutputs) side.emitIdle(idle);
  }

  /** Where event time of this output comes from. */
  get #timeSource(): FanOut {
    return this.#timeFrom === undefined ? this : this.#timeFrom.#timeSource;
  }
}

/** The ways of an output while somebody listens. */
class HeardWay implements Way {
  readonly #wired: readonly Way[];
  readonly #listener: EmissionListener;

  constructor(wired: readonly Way[], listener: EmissionListener) {
    this.#wired = wired;
    this.#listener = listener;
  }

  collect(value: unknown, timestampMs: number, place?: RecordPlace): void {
    const causes = this.#listener.emitted(value, timestampMs);
    for (const way of this.#wired) way.collect(value, timestampMs, place);
    if (causes !== undefined) this.#listener.returned(causes);
  }

  emitIdle(idle: boolean): void {
    for (const way of this.#wired) way.emitIdle(idle);
  }
}

/** A side output that nobody reads: what goes there is counted and dropped, and that is said once. */
export class UnreadOutput extends FanOut {
  readonly #onFirst: () => void;
  #used = false;

  constructor(main: FanOut, onFirst: () => void) {
    super(main.counts, main);
    this.#onFirst = onFirst;
  }

  override collect(value: unknown, timestampMs: number): void {
    if (!this.#used) this.#onFirst();
    this.#used = true;
    super.collect(value, timestampMs);
  }
}
