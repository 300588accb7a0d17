import { Canvas, clip } from "../../screen/canvas.ts";
import type { ScreenSize } from "../../screen/live_view.ts";
import type { Key } from "../../screen/keys.ts";
import { type Arrival, type JobSettings, runEventTimeJob } from "./event_time_job.ts";
import { drawRun, plainPicture } from "./picture.ts";
import type { TimeRun } from "./time_run.ts";

/** Records to look at, and how the job is set. */
export interface Scene {
  readonly title: string;
  readonly arrivals: readonly Arrival[];
  readonly settings: JobSettings;
}

/** What one can press, for the last line of the screen. */
const KEYS = "←→ step  space play  tab next  o/O w/W l/L i/I settings  ? help  q quit";
const KEYS_OF_ONE = KEYS.replace("  tab next", "");

const HELP = [
  "→ ←        a step forward, a step back; home and end: the first, the last",
  "space      goes forward by itself, or stops",
  "tab        the next scenario",
  "",
  "The job runs again with",
  "o O        more and less out-of-orderness: the watermark stays that far behind the newest time",
  "w W        longer and shorter windows",
  "l L        more and less lateness: for so long windows that have fired take records",
  "i I        more and less idleness: after so much silence a partition is not waited for",
  "e          an end of the input behind the last record, or none",
  "r          the settings from the beginning",
  "",
  "On the picture",
  "●          a record, at its time; it is in the row in which it came",
  "○          a record behind the watermark, whose window still takes it",
  "✗          a late record: no window takes it any more",
  "»          a record whose time is far ahead of the clock",
  "▶anna 2    a window fires, with its results",
  "░          what the watermark has passed",
  "",
  "any key    back to the picture",
];

/** Scenes, of which one is seen at one of its steps. Other settings run the job again. */
export class TimeView {
  readonly #scenes: readonly Scene[];
  #scene: number;
  #settings: JobSettings;
  #run: TimeRun = { frames: [], settings: {} };
  #at = 0;
  /** Whether it goes forward by itself. */
  playing = false;
  #isHelp = false;

  /** @param first the scene to begin with, counted from 0 */
  constructor(scenes: readonly Scene[], first = 0) {
    this.#scenes = scenes;
    this.#scene = first;
    this.#settings = scenes[first]!.settings;
  }

  /** Runs the job. Before that there is nothing to see. */
  async open(): Promise<this> {
    await this.#runJob();
    return this;
  }

  get run(): TimeRun {
    return this.#run;
  }

  get settings(): JobSettings {
    return this.#settings;
  }

  /** Which step is seen; 0 is the start of the job. */
  get at(): number {
    return this.#at;
  }

  /** The last step. */
  get last(): number {
    return this.#run.frames.length - 1;
  }

  /** Goes to a step, or to the nearest that there is. */
  goTo(step: number): void {
    this.#at = Math.max(0, Math.min(this.last, step));
  }

  /** One step forward of what goes by itself; stops at the last. */
  play(): void {
    if (!this.playing) return;
    this.goTo(this.#at + 1);
    if (this.#at === this.last) this.playing = false;
  }

  /** Does what a key asks for. @returns false if it ends the program */
  async press(key: Key): Promise<boolean> {
    if (key !== " ") this.playing = false;
    if (key === "q") return false;
    if (this.#isHelp || key === "?") {
      this.#isHelp = !this.#isHelp;
      return true;
    }
    switch (key) {
      case "escape":
        return false;
      case "right":
      case "down":
      case "enter":
      case "n":
        this.goTo(this.#at + 1);
        break;
      case "left":
      case "up":
      case "p":
      case "backspace":
        this.goTo(this.#at - 1);
        break;
      case "home":
      case "0":
        this.goTo(0);
        break;
      case "end":
      case "$":
        this.goTo(this.last);
        break;
      case " ":
        if (!this.playing && this.#at === this.last) this.goTo(0);
        this.playing = !this.playing;
        break;
      case "tab":
        await this.#toScene(this.#scene + 1);
        break;
      case "back tab":
        await this.#toScene(this.#scene - 1 + this.#scenes.length);
        break;
      default:
        await this.#change(key);
    }
    return true;
  }

  /** Exactly `rows` lines of `columns` characters. */
  lines(size: ScreenSize): string[] {
    if (this.#isHelp) return helpLines(size);
    const keys = this.#scenes.length === 1 ? KEYS_OF_ONE : KEYS;
    return drawRun(this.#run, { ...size, at: this.#at, title: this.#title, keys });
  }

  /** The picture of a step without a terminal: all steps up to it, as many lines as they need. */
  plainLines(step: number, columns: number): string[] {
    return plainPicture(this.#run, { at: step, columns, title: this.#title });
  }

  get #title(): string {
    const { title } = this.#scenes[this.#scene]!;
    return this.#scenes.length === 1 ? title : `${this.#scene + 1}/${this.#scenes.length}  ${title}`;
  }

  async #toScene(scene: number): Promise<void> {
    this.#scene = scene % this.#scenes.length;
    this.#settings = this.#scenes[this.#scene]!.settings;
    this.#at = 0;
    await this.#runJob();
  }

  async #change(key: Key): Promise<void> {
    const changed = changedBy(key, this.#settings, this.#scenes[this.#scene]!.settings);
    if (changed === undefined) return;
    this.#settings = changed;
    await this.#runJob();
  }

  async #runJob(): Promise<void> {
    this.#run = await runEventTimeJob(this.#scenes[this.#scene]!.arrivals, this.#settings);
    this.goTo(this.#at);
  }
}

function helpLines({ columns, rows, colours }: ScreenSize): string[] {
  const canvas = new Canvas(columns, rows);
  HELP.forEach((line, y) => canvas.put(1, y + 1, clip(line, columns - 2)));
  return canvas.lines(colours);
}

/** The settings after a key that changes one of them; undefined if it does not. */
function changedBy(key: Key, settings: JobSettings, first: JobSettings): JobSettings | undefined {
  const { windowMs, outOfOrdernessMs, allowedLatenessMs, idleMs, bounded } = settings;
  const stepMs = Math.max(1, Math.round(first.windowMs / 10));
  switch (key) {
    case "o":
      return { ...settings, outOfOrdernessMs: outOfOrdernessMs + stepMs };
    case "O":
      return { ...settings, outOfOrdernessMs: Math.max(0, outOfOrdernessMs - stepMs) };
    case "l":
      return { ...settings, allowedLatenessMs: allowedLatenessMs + stepMs };
    case "L":
      return { ...settings, allowedLatenessMs: Math.max(0, allowedLatenessMs - stepMs) };
    case "w":
      return { ...settings, windowMs: windowMs * 2 };
    case "W":
      return { ...settings, windowMs: Math.max(1, Math.floor(windowMs / 2)) };
    case "i":
      return { ...settings, idleMs: idleMs + first.windowMs };
    case "I":
      return { ...settings, idleMs: Math.max(first.windowMs, idleMs - first.windowMs) };
    case "e":
      return { ...settings, bounded: !bounded };
    case "r":
      return first;
  }
  return undefined;
}
