import { assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Operator } from "../../../../src/engine/operators/operator.ts";
import { WindowOperator } from "../../../../src/engine/operators/window/window.ts";
import { ReduceFold } from "../../../../src/engine/operators/window/folds.ts";
import { SessionWindowOperator } from "../../../../src/engine/operators/window/session_window.ts";
import { SimpleWindowOperator } from "../../../../src/engine/operators/window/simple_window.ts";
import { MIN_WATERMARK } from "../../../../src/engine/record.ts";
import { CountTrigger } from "../../../../src/engine/windows/count_trigger.ts";
import { CountEvictor } from "../../../../src/engine/windows/evictors.ts";
import { GlobalWindows } from "../../../../src/engine/windows/global_windows.ts";
import { PurgingTrigger } from "../../../../src/engine/windows/purging_trigger.ts";
import { EventTimeSessionWindows } from "../../../../src/engine/windows/session_windows.ts";
import { SlidingEventTimeWindows } from "../../../../src/engine/windows/sliding_event_time_windows.ts";
import { TumblingEventTimeWindows } from "../../../../src/engine/windows/tumbling_event_time_windows.ts";
import { GlobalWindow } from "../../../../src/engine/windows/window.ts";
import type { Flow } from "../../../../src/engine/testing/probe.ts";
import { OperatorHarness } from "../../../../src/engine/testing/operator_harness.ts";
import { results, Words } from "./window_rig.ts";

// Operators against what one would do by hand with a list of all records, for random streams and restarts.

const RUNS = { seed: 20_240_301, numRuns: 300 };

/** What happens to an operator. */
type Event =
  | { readonly kind: "record"; readonly key: string; readonly n: number; readonly timeMs: number }
  | { readonly kind: "watermark"; readonly ms: number }
  | { readonly kind: "restart" };

const timesMs = fc.integer({ min: -40, max: 60 });
const records = fc.record({
  kind: fc.constant("record" as const),
  key: fc.constantFrom("a", "b"),
  n: fc.nat(99),
  timeMs: timesMs,
});
const events: fc.Arbitrary<readonly Event[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: records },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant("watermark" as const), ms: timesMs }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("restart" as const) }) },
  ),
  { maxLength: 40 },
);

/** A text and its timestamp. */
type Result = readonly [text: string, timestampMs: number];

/** What an event gives, in order of time, and whether its record is late. */
interface Answer {
  readonly given: readonly Result[];
  readonly late: boolean;
}

interface Model {
  /** Whether windows stay for ever. */
  readonly endless?: boolean;
  record(key: string, n: number, timeMs: number): Answer;
  watermark(ms: number): readonly Result[];
}

/** The operator gives what the model does, event by event. */
function check(create: () => Operator<string, string>, model: Model, events: readonly Event[]): void {
  let rig = new OperatorHarness<string, string>(create, { keyBy: (word) => word[0]! });
  const stored = new Set<string>();
  const commit = () => {
    for (const [entry, value] of rig.commit()) {
      if (value === null) stored.delete(entry);
      else stored.add(entry);
    }
  };
  for (const event of events) {
    let expected: Answer = { given: [], late: false };
    const lateBefore = rig.lateRecords;
    if (event.kind === "record") {
      expected = model.record(event.key, event.n, event.timeMs);
      rig.record(`${event.key}${event.n}`, event.timeMs);
    } else if (event.kind === "watermark") {
      expected = { given: model.watermark(event.ms), late: false };
      rig.watermark(event.ms);
    } else {
      commit();
      const { watermarkMs } = rig.task.output;
      rig = rig.restart();
      assertEquals(rig.currentWatermark(), watermarkMs);
      continue;
    }
    const given = results(rig.take());
    if (event.kind === "watermark") assertEquals(given.map(timeOf), given.map(timeOf).sort((a, b) => a - b));
    assertEquals(given.map(text).sort(), expected.given.map(text).sort(), JSON.stringify(event));
    assertEquals(rig.lateRecords - lateBefore, expected.late ? 1 : 0, JSON.stringify(event));
  }
  if (model.endless) return;
  rig.watermark(1_000);
  commit();
  assertEquals(stored, new Set());
}

const timeOf = (flow: Flow) => (flow as Result)[1];
/** Words of a window in no matter which order. */
const text = (flow: Flow | Result) => {
  const [words, timestampMs] = flow as Result;
  return `${words.split(" ").sort().join(" ")} @${timestampMs}`;
};

// -------------------------------------------------------------------------------------------------- tumbling, sliding

/** Windows of all times that could come up are looked at for each record. */
class TimeWindowsModel implements Model {
  #watermarkMs = MIN_WATERMARK;
  readonly #sizeMs: number;
  readonly #slideMs: number;
  readonly #offsetMs: number;
  readonly #latenessMs: number;
  readonly #words = new Map<string, { readonly lastMs: number; readonly words: string[] }>();

  constructor(sizeMs: number, slideMs: number, offsetMs: number, latenessMs: number) {
    this.#sizeMs = sizeMs;
    this.#slideMs = slideMs;
    this.#offsetMs = offsetMs;
    this.#latenessMs = latenessMs;
  }

  record(key: string, n: number, timeMs: number): Answer {
    const given: Result[] = [];
    let late = true;
    for (let startMs = -100; startMs <= 100; startMs++) {
      if ((startMs - this.#offsetMs) % this.#slideMs !== 0) continue;
      const lastMs = startMs + this.#sizeMs - 1;
      if (timeMs < startMs || timeMs > lastMs || lastMs + this.#latenessMs <= this.#watermarkMs) continue;
      late = false;
      const id = `${key} ${startMs}`;
      if (!this.#words.has(id)) this.#words.set(id, { lastMs, words: [] });
      const { words } = this.#words.get(id)!;
      words.push(`${key}${n}`);
      if (lastMs <= this.#watermarkMs) given.push([words.join(" "), lastMs]);
    }
    return { given, late };
  }

  watermark(ms: number): readonly Result[] {
    const given: Result[] = [];
    for (const [id, { lastMs, words }] of this.#words) {
      if (lastMs > this.#watermarkMs && lastMs <= ms) given.push([words.join(" "), lastMs]);
      if (lastMs + this.#latenessMs <= ms) this.#words.delete(id);
    }
    this.#watermarkMs = Math.max(this.#watermarkMs, ms);
    return given;
  }
}

const fold = new ReduceFold<string>((a, b) => `${a} ${b}`);
const timeWindows = fc.record({
  sizeMs: fc.integer({ min: 1, max: 30 }),
  slideMs: fc.integer({ min: 1, max: 40 }),
  offsetMs: fc.integer({ min: -40, max: 40 }),
});

Deno.test("Both operators give tumbling and sliding windows as by hand", () => {
  fc.assert(
    fc.property(timeWindows, events, ({ sizeMs, slideMs, offsetMs }, events) => {
      for (const slide of [sizeMs, slideMs]) {
        const offset = offsetMs % slide;
        const assigner = slide === sizeMs
          ? TumblingEventTimeWindows.of(sizeMs, offset)
          : SlidingEventTimeWindows.of(sizeMs, slide, offset);
        const model = () => new TimeWindowsModel(sizeMs, slide, offset, 0);
        check(() => new SimpleWindowOperator({ assigner, fold }), model(), events);
        check(() => new WindowOperator({ assigner, fold }), model(), events);
      }
    }),
    RUNS,
  );
});

Deno.test("WindowOperator gives tumbling and sliding windows with lateness as by hand, folded or with all records", () => {
  fc.assert(
    fc.property(timeWindows, fc.nat(30), events, ({ sizeMs, slideMs, offsetMs }, allowedLatenessMs, events) => {
      const offset = offsetMs % slideMs;
      const assigner = SlidingEventTimeWindows.of(sizeMs, slideMs, offset);
      const model = () => new TimeWindowsModel(sizeMs, slideMs, offset, allowedLatenessMs);
      check(() => new WindowOperator({ assigner, allowedLatenessMs, fold }), model(), events);
      check(() => new WindowOperator({ assigner, allowedLatenessMs, process: new Words() }), model(), events);
    }),
    RUNS,
  );
});

// ----------------------------------------------------------------------------------------------------------- sessions

interface Session {
  readonly startMs: number;
  readonly endMs: number;
  readonly words: readonly string[];
}

class SessionsModel implements Model {
  #watermarkMs = MIN_WATERMARK;
  readonly #gapOf: (n: number) => number;
  readonly #latenessMs: number;
  readonly #open = new Map<string, readonly Session[]>();

  constructor(gapOf: (n: number) => number, latenessMs: number) {
    this.#gapOf = gapOf;
    this.#latenessMs = latenessMs;
  }

  record(key: string, n: number, timeMs: number): Answer {
    const alone: Session = { startMs: timeMs, endMs: timeMs + this.#gapOf(n), words: [`${key}${n}`] };
    const open = this.#open.get(key) ?? [];
    const met = open.filter(({ startMs, endMs }) => startMs <= alone.endMs && endMs >= alone.startMs);
    if (met.length === 0 && alone.endMs - 1 + this.#latenessMs <= this.#watermarkMs) return { given: [], late: true };
    const all = [...met, alone];
    const session: Session = {
      startMs: Math.min(...all.map(({ startMs }) => startMs)),
      endMs: Math.max(...all.map(({ endMs }) => endMs)),
      words: all.flatMap(({ words }) => words),
    };
    this.#open.set(key, [...open.filter((other) => !met.includes(other)), session]);
    return { given: session.endMs - 1 <= this.#watermarkMs ? [resultOf(session)] : [], late: false };
  }

  watermark(ms: number): readonly Result[] {
    const given = [...this.#open.values()].flat()
      .filter(({ endMs }) => endMs - 1 > this.#watermarkMs && endMs - 1 <= ms)
      .map(resultOf);
    for (const [key, open] of this.#open) {
      this.#open.set(key, open.filter(({ endMs }) => endMs - 1 + this.#latenessMs > ms));
    }
    this.#watermarkMs = Math.max(this.#watermarkMs, ms);
    return given;
  }
}

function resultOf({ endMs, words }: Session): Result {
  return [words.join(" "), endMs - 1];
}

Deno.test("WindowOperator gives sessions as by hand, with lateness, folded or with all records", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), fc.nat(30), events, (gapMs, allowedLatenessMs, events) => {
      const assigner = EventTimeSessionWindows.withGap(gapMs);
      const model = () => new SessionsModel(() => gapMs, allowedLatenessMs);
      check(() => new WindowOperator({ assigner, allowedLatenessMs, fold }), model(), events);
      check(() => new WindowOperator({ assigner, allowedLatenessMs, process: new Words() }), model(), events);
    }),
    RUNS,
  );
});

Deno.test("SessionWindowOperator gives sessions as by hand, folded or with all records", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), events, (gapMs, events) => {
      const assigner = EventTimeSessionWindows.withGap(gapMs);
      const model = () => new SessionsModel(() => gapMs, 0);
      check(() => new SessionWindowOperator({ assigner, fold }), model(), events);
      check(() => new SessionWindowOperator({ assigner, process: new Words() }), model(), events);
    }),
    RUNS,
  );
});

Deno.test("Both operators give sessions with dynamic gaps as by hand", () => {
  const gapOf = (n: number) => 1 + n % 25;
  const assigner = EventTimeSessionWindows.withDynamicGap((word: string) => gapOf(Number(word.slice(1))));
  fc.assert(
    fc.property(fc.nat(30), events, (allowedLatenessMs, events) => {
      const create = () => new WindowOperator({ assigner, allowedLatenessMs, process: new Words() });
      check(create, new SessionsModel(gapOf, allowedLatenessMs), events);
      check(() => new SessionWindowOperator({ assigner, process: new Words() }), new SessionsModel(gapOf, 0), events);
    }),
    RUNS,
  );
});

// -------------------------------------------------------------------------------------------------------------- counts

/** The last `size` records of a key after each `slide`. */
class CountsModel implements Model {
  readonly endless = true;
  readonly #size: number;
  readonly #slide: number;
  readonly #words: Record<string, string[]> = { a: [], b: [] };

  constructor(size: number, slide: number) {
    this.#size = size;
    this.#slide = slide;
  }

  record(key: string, n: number): Answer {
    const words = this.#words[key]!;
    words.push(`${key}${n}`);
    const due = words.length % this.#slide === 0;
    return { given: due ? [[words.slice(-this.#size).join(" "), GlobalWindow.MAX_TIMESTAMP]] : [], late: false };
  }

  watermark(): readonly Result[] {
    return [];
  }
}

Deno.test("WindowOperator gives counts and sliding counts as by hand", () => {
  const assigner = GlobalWindows.create();
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 }), events, (size, slide, events) => {
      const purging = PurgingTrigger.of(CountTrigger.of(size));
      const sliding = { trigger: CountTrigger.of(slide), evictor: CountEvictor.of(size) };
      const process = new Words<GlobalWindow>();
      check(() => new WindowOperator({ assigner, trigger: purging, process }), new CountsModel(size, size), events);
      check(() => new WindowOperator({ assigner, ...sliding, process }), new CountsModel(size, slide), events);
    }),
    RUNS,
  );
});
