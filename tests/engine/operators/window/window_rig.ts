import {
  type Collector,
  ProcessWindowFunction,
  type WindowContext,
} from "../../../../src/engine/functions/functions.ts";
import { newWindowOperator } from "../../../../src/engine/api/new_window_operator.ts";
import type { WindowDescription } from "../../../../src/engine/operators/window/description.ts";
import type { Window } from "../../../../src/engine/windows/window.ts";
import { ManualClock } from "../../../../src/engine/testing/manual_clock.ts";
import { OperatorHarness } from "../../../../src/engine/testing/operator_harness.ts";
import type { Flow } from "../../../../src/engine/testing/probe.ts";

/** A record: a text whose first letter is its key. */
export type Word = string;

/** All that can be said about windows, but for what becomes of their records. */
export type Says<W extends Window> = Omit<WindowDescription<Word, never, Word, string, string, W>, "fold" | "process">;

/** Gives the words of a window, with blanks between. */
export class Words<W extends Window> extends ProcessWindowFunction<Word, string, string, W> {
  override process(_key: string, _context: WindowContext<W>, words: Iterable<Word>, out: Collector<string>): void {
    out.collect([...words].join(" "));
  }
}

export type WordsRig = OperatorHarness<Word, string>;

/** An operator whose windows give their words, in order of arrival. */
export function wordsRig<W extends Window>(
  description: Says<W>,
  options: {
    readonly process?: ProcessWindowFunction<Word, string, string, W>;
    readonly clock?: ManualClock;
  } = {},
): WordsRig {
  const { process = new Words<W>(), clock = new ManualClock() } = options;
  return new OperatorHarness<Word, string>(() => newWindowOperator({ ...description, process }), {
    name: "words",
    keyBy: (word) => word[0]!,
    clock,
  });
}

/** What came out but watermarks. */
export function results(flows: readonly Flow[]): Flow[] {
  return flows.filter((flow) => !(flow instanceof Object && "watermark" in flow));
}

/** Words in no matter which order, as where windows have merged. */
export function sorted(flows: readonly Flow[]): Flow[] {
  return results(flows).map((flow) => {
    const [words, timestampMs] = flow as [string, number];
    return [words.split(" ").sort().join(" "), timestampMs];
  });
}
