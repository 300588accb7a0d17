/** How far the learner is: one file beside the exercises, read and written as a whole. */
import { UsageError } from "../../utils.ts";
import type { Course, Exercise } from "./course.ts";

/** The content of the file. */
interface Saved {
  /** The exercise that is shown. */
  readonly current?: string;
  /** Those that have been solved. */
  readonly solved: readonly string[];
  /** How many hints have been shown. */
  readonly hints: Readonly<Record<string, number>>;
}

const NOTHING: Saved = { solved: [], hints: {} };

/** The learner's place in the course. Each change is written at once, so that commands in another terminal find it. */
export class Progress {
  readonly #course: Course;
  readonly #file: URL;
  #saved: Saved = NOTHING;
  #saves = 0;
  #last: Promise<void> = Promise.resolve();

  private constructor(course: Course, file: URL) {
    this.#course = course;
    this.#file = file;
  }

  /** Reads it; without the file it is the beginning. @throws {UsageError} if the file cannot be read */
  static async open(course: Course, file: URL): Promise<Progress> {
    const progress = new Progress(course, file);
    await progress.reload();
    return progress;
  }

  /** Reads the file again, unless there is something newer to be written. */
  reload(): Promise<void> {
    const saves = this.#saves;
    return this.#inTurn(async () => {
      const read = await this.#read();
      if (saves === this.#saves) this.#saved = read;
    });
  }

  /** The exercise at work: at first the first one. */
  get current(): Exercise {
    const { exercises } = this.#course;
    return exercises.find(({ id }) => id === this.#saved.current) ?? exercises[0]!;
  }

  /** How many have been solved. */
  get solvedCount(): number {
    return this.#course.exercises.filter((exercise) => this.isSolved(exercise)).length;
  }

  /** Whether all have been solved. */
  get isComplete(): boolean {
    return this.solvedCount === this.#course.exercises.length;
  }

  isSolved({ id }: Exercise): boolean {
    return this.#saved.solved.includes(id);
  }

  /** How many hints on an exercise have been shown. */
  hintsShown({ id }: Exercise): number {
    return this.#saved.hints[id] ?? 0;
  }

  /** The exercise that many places further on; undefined beyond the ends. */
  neighbour(steps: number): Exercise | undefined {
    const { exercises } = this.#course;
    return exercises[exercises.indexOf(this.current) + steps];
  }

  /** The next that is not solved, from the current one on and then from the beginning; undefined if all are. */
  nextUnsolved(): Exercise | undefined {
    const { exercises } = this.#course;
    const at = exercises.indexOf(this.current);
    return [...exercises.slice(at + 1), ...exercises.slice(0, at)].find((each) => !this.isSolved(each));
  }

  goTo({ id }: Exercise): Promise<void> {
    return this.#save({ current: id });
  }

  setSolved({ id }: Exercise): Promise<void> {
    const { solved } = this.#saved;
    return solved.includes(id) ? Promise.resolve() : this.#save({ solved: [...solved, id] });
  }

  /** Counts one hint more as shown. */
  showHint(exercise: Exercise): Promise<void> {
    const shown = Math.min(this.hintsShown(exercise) + 1, exercise.hints.length);
    return this.#save({ hints: { ...this.#saved.hints, [exercise.id]: shown } });
  }

  /** An exercise begins anew: it is not solved, and no hint has been shown. */
  forget({ id }: Exercise): Promise<void> {
    const { [id]: _hints, ...hints } = this.#saved.hints;
    return this.#save({ hints, solved: this.#saved.solved.filter((each) => each !== id) });
  }

  #save(changes: Partial<Saved>): Promise<void> {
    const saved = this.#saved = { ...this.#saved, ...changes };
    this.#saves++;
    return this.#inTurn(async () => {
      // By a new file that takes the old one's place: whoever reads it meanwhile finds one of the two.
      const written = new URL(`${this.#file.href}.new`);
      await Deno.writeTextFile(written, `${JSON.stringify(saved, null, 2)}\n`);
      await Deno.rename(written, this.#file);
    });
  }

  async #read(): Promise<Saved> {
    try {
      return { ...NOTHING, ...JSON.parse(await Deno.readTextFile(this.#file)) };
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return NOTHING;
      if (!(error instanceof SyntaxError)) throw error;
      throw new UsageError(`Cannot read ${this.#file.pathname}: it is not JSON; delete it to begin anew`);
    }
  }

  /** Reads and writes one after the other. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => {});
    return done;
  }
}
