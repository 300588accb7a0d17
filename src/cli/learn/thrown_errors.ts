/** What the learner's functions throw at records: a job makes a dead letter of it and goes on, and the check sees only what is missing. */
import { JobHarness } from "../../engine/testing/mod.ts";

/** Errors by which a record is refused on purpose; others are mistakes in the code. */
const MEANT = new Set(["RecordError", "LateRecord"]);

/** Watches the jobs that checks start, until it is disposed. */
export class ThrownErrors implements Disposable {
  readonly #start = JobHarness.prototype.start;
  #harnesses: JobHarness[] = [];

  constructor() {
    const [start, seen] = [this.#start, (harness: JobHarness) => this.#harnesses.push(harness)];
    JobHarness.prototype.start = function (...options) {
      seen(this);
      return start.apply(this, options);
    };
  }

  /** A sentence about the first error in the jobs since the last call; undefined if there was none. */
  take(): string | undefined {
    const letter = this.#harnesses.flatMap(({ deadLetters }) => deadLetters)
      .find(({ errorClass }) => !MEANT.has(errorClass));
    this.#harnesses = [];
    return letter && sentenceOf(letter);
  }

  [Symbol.dispose](): void {
    JobHarness.prototype.start = this.#start;
  }
}

function sentenceOf({ errorClass, message, operator }: JobHarness["deadLetters"][number]): string {
  return `Your code threw at a record (${errorClass} in "${operator}"): ${message.replace(/\.$/, "")}.`;
}
