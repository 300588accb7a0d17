import { fellIdle, missedWindow, newestMs, stepOfPassing } from "./looking_back.ts";
import { type Frame, type FrameRecord, holderOf, openWindows, type TimeRun } from "./time_run.ts";
import { resultsText, spanText, timeText, windowText } from "./times.ts";

/**
 * What happened in a frame of a run, and why, in a few sentences.
 * @param options.isRiddle leaves out which partition holds the watermark
 */
export function whatHappened(
  run: TimeRun,
  at: number,
  { isRiddle = false }: { readonly isRiddle?: boolean } = {},
): string {
  const explainer = new Explainer(run, at, isRiddle);
  return explainer.sentences().filter((sentence) => sentence !== undefined).join(" ");
}

type Sentence = string | undefined;

/** Knows the frame, the one before it, and how to name what is in them. */
class Explainer {
  readonly #run: TimeRun;
  readonly #at: number;
  readonly #frame: Frame;
  readonly #before: Frame;
  readonly #dayMs: number;
  readonly #isRiddle: boolean;

  constructor(run: TimeRun, at: number, isRiddle: boolean) {
    this.#isRiddle = isRiddle;
    this.#run = run;
    this.#at = at;
    this.#frame = run.frames[at]!;
    this.#before = run.frames[Math.max(0, at - 1)]!;
    this.#dayMs = run.frames.find(({ record }) => record?.timeMs !== undefined)?.record?.timeMs ?? 0;
  }

  sentences(): Sentence[] {
    const { kind, record } = this.#frame;
    switch (kind) {
      case "start":
        return [this.#start()];
      case "record":
        return [...this.#record(record!), this.#left()];
      case "clock":
        return [this.#clock(), this.#moved(), this.#fired(), this.#left()];
      case "end":
        return ["The input has ended: no record can come any more, so the watermark goes to the end.", this.#fired()];
      case "crash":
        return ["The job crashed and went on from its last commit, in which its watermarks are too."];
      case "hand":
        return ["The test has moved event time.", this.#moved(), this.#fired()];
    }
  }

  #start(): string {
    const { watermarkMs, partitions } = this.#frame;
    if (watermarkMs > Number.NEGATIVE_INFINITY) {
      return `The job goes on from its last commit: the watermark is at ${this.#time(watermarkMs)}.`;
    }
    const where = partitions.length === 1 ? "its partition" : `any of its ${partitions.length} partitions`;
    return `The job has started. No record of ${where} has come, so there is no watermark: event time has not begun.`;
  }

  #record(record: FrameRecord): Sentence[] {
    const { late, dead, partitions } = this.#frame;
    if (dead !== undefined) {
      return [`${this.#name(record)} became a dead letter: ${dead}. It changes no window and moves no event time.`];
    }
    if (late !== undefined) return [this.#late(record)];
    if (partitions[record.partition]?.ahead) return [this.#ahead(record)];
    return [this.#put(record), this.#moved(), this.#fired()];
  }

  #put(record: FrameRecord): Sentence {
    const { put, partitions } = this.#frame;
    const { watermarkMs } = this.#before;
    const came = partitions.length === 1 ? "came" : `came in partition ${record.partition}`;
    if (record.timeMs === undefined) return `${this.#name(record)} ${came}; it has no time.`;
    const windows = put.map((window) => windowText(window, this.#dayMs)).join(" and ");
    const into = put.length === 0 ? "" : `goes into window ${windows}`;
    const newest = newestMs(this.#run, this.#at, record.partition);
    if (record.timeMs <= watermarkMs) {
      if (put.length === 0) return `${this.#name(record)} ${came}, behind the watermark at ${this.#time(watermarkMs)}.`;
      const why = put[0]!.lastMs <= watermarkMs
        ? "has fired, but lateness is allowed, so it fires again"
        : `is still open: it fires when the watermark reaches ${this.#time(put[0]!.lastMs)}`;
      return `${this.#name(record)} is behind the watermark (${this.#time(watermarkMs)}) and counts all the same: ` +
        `window ${windows} ${why}.`;
    }
    if (record.timeMs < newest) {
      return `${this.#name(record)} ${came} ${
        spanText(newest - record.timeMs)
      } behind a later one, but the watermark has not ` +
        `passed it${into === "" ? "" : `: it ${into}`}.`;
    }
    return `${this.#name(record)} ${came}${into === "" ? "" : ` and ${into}`}.`;
  }

  /** How far the watermark has moved, or what holds it. */
  #moved(): Sentence {
    const { watermarkMs, partitions, record, kind } = this.#frame;
    const was = this.#before.watermarkMs;
    if (watermarkMs > was) {
      const others = partitions.length > 1 && kind === "record"
        ? ", the smallest of all partitions that are waited for"
        : "";
      return `The watermark moves to ${this.#time(watermarkMs)}${others || this.#bound(record)}.`;
    }
    if (kind === "clock") {
      return partitions.every(({ idle }) => idle)
        ? "All partitions are idle: the watermark stays until the next record."
        : undefined;
    }
    const holder = holderOf(partitions);
    if (holder === undefined || this.#isRiddle) return undefined;
    const { watermarkMs: heldMs } = partitions[holder]!;
    if (heldMs === Number.NEGATIVE_INFINITY) {
      return `There is no watermark yet: partition ${holder} has had no record, and one of any time may be on its way there.`;
    }
    // That it is behind its own largest time needs no word.
    if (record?.partition === holder) return `The watermark stays at ${this.#time(watermarkMs)}.`;
    return `The watermark stays at ${this.#time(watermarkMs)}: partition ${holder} has come no further.`;
  }

  #bound(record: FrameRecord | undefined): string {
    const { outOfOrdernessMs } = this.#run.settings;
    // Once is enough.
    const isFirst = this.#before.watermarkMs === Number.NEGATIVE_INFINITY;
    if (record === undefined || outOfOrdernessMs === undefined || !isFirst) return "";
    return outOfOrdernessMs === 0
      ? ", 1 ms before the newest time: another record of that time may come"
      : `, ${spanText(outOfOrdernessMs)} and 1 ms behind the newest time`;
  }

  #fired(): Sentence {
    const { fired, record, put } = this.#frame;
    const windows = [...Map.groupBy(fired, ({ startMs, lastMs }) => `${startMs} ${lastMs}`).values()];
    if (windows.length === 0) return undefined;
    const again = record !== undefined && fired.length === 1 && put.some(({ lastMs }) => lastMs === fired[0]!.lastMs) &&
      fired[0]!.lastMs <= this.#before.watermarkMs;
    if (again) return `Its result is emitted again: ${resultsText([fired[0]!])}.`;
    const timers = fired.filter(({ contents }) => contents === undefined);
    const texts = windows.filter((each) => each[0]!.contents !== undefined).map((each) =>
      `window ${windowText(each[0]!, this.#dayMs)}, which fires: ${resultsText(each)}`
    );
    const complete = texts.length === 0 ? undefined : `That completes ${texts.join("; ")}.`;
    if (timers.length === 0) return complete;
    const due = timers.map(({ key, lastMs }) => `${key} (${this.#time(lastMs)})`).join(", ");
    return [
      complete,
      `It reaches the timer${timers.length === 1 ? "" : "s"} of ${due}, which fire${timers.length === 1 ? "s" : ""}.`,
    ]
      .filter((text) => text !== undefined).join(" ");
  }

  /** At the end of what came: what still waits. In a picture of a test there may be more to come. */
  #left(): Sentence {
    const { frames, settings } = this.#run;
    if (this.#at < frames.length - 1 || this.#at === 0 || settings.windowMs === undefined) return undefined;
    const [first] = openWindows(this.#run, this.#at).toSorted((a, b) => a.lastMs - b.lastMs);
    if (first === undefined) return undefined;
    return `No more records came: window ${
      windowText(first, this.#dayMs)
    } stays open until one moves the watermark to ` +
      `${this.#time(first.lastMs)}.`;
  }

  #late(record: FrameRecord): string {
    const { watermarkMs } = this.#before;
    const missed = missedWindow(this.#frame.late!);
    const fired = missed && stepOfPassing(this.#run, this.#at, missed.lastMs);
    const at = `the watermark is at ${this.#time(watermarkMs)}`;
    const window = missed === undefined
      ? "its window has passed"
      : fired === undefined
      ? `window ${windowText(missed, this.#dayMs)} has passed`
      : `window ${windowText(missed, this.#dayMs)} fired when ${this.#reason(fired)} (step ${fired})`;
    const { allowedLatenessMs = 0 } = this.#run.settings;
    const allowed = allowedLatenessMs === 0
      ? ""
      : `, and so has the lateness of ${spanText(allowedLatenessMs)} that is allowed`;
    const fate = this.#frame.late!.to === "side output" ? "goes to the side output" : "becomes a dead letter";
    return `${this.#name(record)} is late: ${at}, and ${window}${allowed}. It changes no result and ${fate}.` +
      this.#cure(record, missed);
  }

  /** By how much the watermark would have to lag. */
  #cure({ timeMs, partition }: FrameRecord, missed: { readonly lastMs: number } | undefined): string {
    const { outOfOrdernessMs } = this.#run.settings;
    if (timeMs === undefined || missed === undefined || outOfOrdernessMs === undefined) return "";
    if (this.#frame.partitions.length > 1) return "";
    const neededMs = newestMs(this.#run, this.#at, partition) - missed.lastMs;
    return ` With ${spanText(neededMs)} of out-of-orderness that window would not have fired yet.`;
  }

  #ahead(record: FrameRecord): string {
    const { clockMs } = this.#frame;
    const { maxAheadMs } = this.#run.settings;
    const limit = maxAheadMs === undefined ? "" : ` (more than ${spanText(maxAheadMs)})`;
    return `${this.#name(record)} is ${
      spanText(record.timeMs! - clockMs)
    } ahead of the clock${limit}: some clock is wrong. It ` +
      "is kept in its window, but does not move the watermark: else all records of today would be late.";
  }

  #clock(): string {
    const { partitions, clockMs } = this.#frame;
    const passed = spanText(clockMs - this.#before.clockMs);
    const idle = fellIdle(this.#run, this.#at);
    if (idle.length === 0) return `${capital(passed)} pass without a record.`;
    const { idleMs } = this.#run.settings;
    const silent = idleMs === undefined ? "silent for long enough" : `silent for ${spanText(idleMs)}`;
    const which = idle.length === 1 ? `Partition ${idle[0]} has been` : `Partitions ${idle.join(" and ")} have been`;
    const alone = partitions.length === 1 ? "" : ": it is idle, and no longer waited for";
    return `${which} ${silent}${idle.length === 1 ? alone : alone.replace("it is", "they are")}.`;
  }

  /** What made the watermark move in a step. */
  #reason(step: number): string {
    const { record } = this.#run.frames[step]!;
    if (record !== undefined) return `${this.#name(record)} came`;
    const [idle] = fellIdle(this.#run, step);
    return idle === undefined ? "event time was moved" : `partition ${idle} fell idle`;
  }

  #name({ label, timeMs }: FrameRecord): string {
    if (timeMs === undefined) return label;
    return `${label}${/s$/i.test(label) ? "'" : "'s"} ${this.#time(timeMs)}`;
  }

  #time(ms: number): string {
    return timeText(ms, this.#dayMs);
  }
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
