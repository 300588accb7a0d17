import type { RecordCounts } from "../reporting/job_view.ts";
import type { Follower, Journal } from "../state/journal.ts";

/**
 * Counts what becomes of the records of one source, operator or sink.
 *
 * When a record becomes a dead letter, all that it had counted moves to {@link Counts.takenBack}. For that the counts are kept as
 * they were before the record at work: a comparison and a few stores, where an entry in the journal for each count would be slow.
 */
export class Counts implements Follower, RecordCounts {
  /** Records that came. */
  in = 0;
  /** Records that the last commit had at work. */
  restored = 0;
  /** Records that went through. */
  consumed = 0;
  /** Records that it let pass no further. */
  filtered = 0;
  /** Records that came too late. */
  late = 0;
  /** Records at which it threw. */
  dead = 0;
  /** Records that changed nothing, because another operator threw at what they came from. */
  takenBack = 0;
  /** Records at work, see `PendingResults`. */
  pending = 0;
  /** Records emitted to the main output. */
  out = 0;
  /** Records emitted to side outputs. */
  sideOut = 0;
  /** Timers that fired. */
  fired = 0;
  /** Windows and timers at which a function threw, and which the job went on without. */
  failed = 0;
  /** Late records that are in the dead letters, and stay there. */
  #lateLetters = 0;
  /** Taken back with a part of the record at work. */
  #takenBackWithPart = 0;
  readonly #journal: Journal;
  /** The record before which the counts below were taken. */
  #record = 0;
  #in = 0;
  #consumed = 0;
  #filtered = 0;
  #late = 0;
  #dead = 0;
  #pending = 0;
  #out = 0;
  #sideOut = 0;
  #fired = 0;
  #failed = 0;

  constructor(journal: Journal) {
    this.#journal = journal;
    journal.follow(this);
  }

  /** To be called before a count is changed by a record on its way. */
  touch(): void {
    const { record } = this.#journal;
    if (this.#record === record) return;
    this.#record = record;
    this.#in = this.in;
    this.#consumed = this.consumed;
    this.#filtered = this.filtered;
    this.#late = this.late;
    this.#dead = this.dead;
    this.#pending = this.pending;
    this.#out = this.out;
    this.#sideOut = this.sideOut;
    this.#fired = this.fired;
    this.#failed = this.failed;
    this.#lateLetters = 0;
    this.#takenBackWithPart = 0;
  }

  /** The record at work was filtered out. */
  countFiltered(): void {
    this.filtered++;
    this.consumed--; // it will be counted as gone through
  }

  /** The record at work was late. @param inDeadLetters whether it went there */
  countLate(inDeadLetters: boolean): void {
    this.late++;
    this.consumed--; // it will be counted as gone through
    if (inDeadLetters) this.#lateLetters++;
  }

  undo(): void {
    if (this.#record !== this.#journal.record) return;
    this.takenBack += this.in - this.#in - (this.dead - this.#dead) - this.#lateLetters - this.#takenBackWithPart;
    this.consumed = this.#consumed;
    this.filtered = this.#filtered;
    this.late = this.#late + this.#lateLetters;
    this.pending = this.#pending;
    this.out = this.#out;
    this.sideOut = this.#sideOut;
    this.fired = this.#fired;
    this.failed = this.#failed;
  }

  mark(): CountsMark {
    this.touch();
    const { in: came, consumed, filtered, late, dead, takenBack, pending, out, sideOut, fired, failed } = this;
    const lateLetters = this.#lateLetters;
    return { came, consumed, filtered, late, dead, takenBack, pending, out, sideOut, fired, failed, lateLetters };
  }

  undoPart(mark: unknown): void {
    const { came, dead, takenBack, late, lateLetters, ...counts } = mark as CountsMark;
    const letters = this.#lateLetters - lateLetters;
    const back = this.in - came - (this.dead - dead) - letters - (this.takenBack - takenBack);
    this.takenBack += back;
    this.#takenBackWithPart += back;
    this.late = late + letters;
    Object.assign(this, counts);
  }
}

/** The counts of a {@link Counts} at one moment. */
interface CountsMark {
  readonly came: number;
  readonly consumed: number;
  readonly filtered: number;
  readonly late: number;
  readonly dead: number;
  readonly takenBack: number;
  readonly pending: number;
  readonly out: number;
  readonly sideOut: number;
  readonly fired: number;
  readonly failed: number;
  readonly lateLetters: number;
}
