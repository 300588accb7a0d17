import { MIN_WATERMARK, type StreamOutput } from "../record.ts";
import type { Tally } from "./tally.ts";
import type { Task } from "./task.ts";

/** The way from one task to another, or from a source to a task. */
export class Edge implements StreamOutput<unknown> {
  protected readonly task: Task;
  readonly #input: number;
  readonly #channel: number;

  constructor(task: Task, input: number, channel: number) {
    this.task = task;
    this.#input = input;
    this.#channel = channel;
  }

  /** Where event time goes past the task: most tasks have no use for it, and nearly every record brings some. */
  get bypass(): FanOut | undefined {
    return this.task.passive ? this.task.output : undefined;
  }

  collect(value: unknown, timestampMs: number): void {
    this.task.process(value, timestampMs);
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
  override collect(value: unknown, timestampMs: number): void {
    this.task.processSecond(value, timestampMs);
  }
}

/**
 * The ways out of a task or source: none, one (nearly always) or several. Wired once, before the first record, and from the
 * sources down.
 */
export class FanOut implements StreamOutput<unknown> {
  /** Of the task or source whose output it is. */
  readonly tally: Tally;
  readonly #isSide: boolean;
  #first: Edge | undefined;
  readonly #others: Edge[] = [];
  /** The next ones below to which event time means something. */
  readonly #timed: Edge[] = [];
  readonly #sideOutputs: FanOut[] = [];
  /** Gives event time in place of this one: the main output of a side output, or what is above a passive task. */
  #giver: FanOut | undefined;
  #watermarkMs = MIN_WATERMARK;

  /** @param main the output that this one is beside, if it is a side output */
  constructor(tally: Tally, main?: FanOut) {
    this.tally = tally;
    this.#isSide = main !== undefined;
    if (main === undefined) return;
    this.#giver = main;
    main.#sideOutputs.push(this);
  }

  add(edge: Edge): void {
    if (this.#first === undefined) this.#first = edge;
    else this.#others.push(edge);
    const giver = this.#source;
    const { bypass } = edge;
    if (bypass === undefined) giver.#timed.push(edge);
    else bypass.#giver = giver;
  }

  /** Event time behind this output, ms. */
  get watermarkMs(): number {
    return this.#source.#watermarkMs;
  }

  /** As the last commit has it: nothing is told to those below. */
  set watermarkMs(ms: number) {
    this.#watermarkMs = ms;
  }

  collect(value: unknown, timestampMs: number): void {
    const { tally } = this;
    tally.touch();
    if (this.#isSide) tally.sideOut++;
    else tally.out++;
    this.#first?.collect(value, timestampMs);
    for (let i = 0; i < this.#others.length; i++) this.#others[i]!.collect(value, timestampMs);
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
  get #source(): FanOut {
    return this.#giver === undefined ? this : this.#giver.#source;
  }
}

/** A side output that nobody reads: what goes there is counted and dropped, and that is said once. */
export class UnreadOutput extends FanOut {
  readonly #onFirst: () => void;
  #used = false;

  constructor(main: FanOut, onFirst: () => void) {
    super(main.tally, main);
    this.#onFirst = onFirst;
  }

  override collect(value: unknown, timestampMs: number): void {
    if (!this.#used) this.#onFirst();
    this.#used = true;
    super.collect(value, timestampMs);
  }
}
