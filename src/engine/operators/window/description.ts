import type { OutputTag } from "../../side_output.ts";
import type { Evictor } from "../../windows/evictor.ts";
import type { Trigger } from "../../windows/trigger.ts";
import type { Window } from "../../windows/window.ts";
import type { WindowAssigner } from "../../windows/window_assigner.ts";
import { formatCount } from "../../words.ts";
import type { ProcessWindowFunction } from "../../functions/functions.ts";
import type { OperatorContext } from "../operator.ts";
import type { WindowFold } from "./folds.ts";

/**
 * What describes a window operator.
 * @template T of the records
 * @template ACC what is kept of a window, if `fold` says so
 * @template E what `process` is given of it
 */
export interface WindowDescription<T, ACC, E, OUT, K, W extends Window> {
  readonly assigner: WindowAssigner<T, W>;
  /** Default: the assigner's. */
  readonly trigger?: Trigger<T, W> | undefined;
  readonly evictor?: Evictor<T, W> | undefined;
  /** ms, default 0 */
  readonly allowedLatenessMs?: number | undefined;
  /** Where late records go; default: the dead letters. */
  readonly lateTag?: OutputTag<unknown> | undefined;
  /** Left out: a window keeps all its records, and T is E. */
  readonly fold?: WindowFold<T, ACC, E> | undefined;
  /** Left out: what a window keeps is the operator's result, and E is OUT. */
  readonly process?: ProcessWindowFunction<E, OUT, K, W> | undefined;
}

/**
 * What the state of windows depends on, in one text: the assigner, and behind it all settings that are not the default. (In
 * several texts a new setting would go unseen, as a commit that was written without it does not name it.)
 */
export function windowCompatibility<T, ACC, E, OUT, K, W extends Window>(
  description: WindowDescription<T, ACC, E, OUT, K, W>,
): Record<string, string> {
  const { assigner, trigger, evictor, allowedLatenessMs = 0, fold } = description;
  const kept = evictor !== undefined ? "records and times" : fold === undefined ? "records" : fold.kept;
  const parts = [
    assigner.description,
    trigger?.description === assigner.getDefaultTrigger().description ? undefined : trigger?.description,
    evictor?.description,
    allowedLatenessMs > 0 ? `AllowedLateness(${allowedLatenessMs} ms)` : undefined,
    kept === undefined ? undefined : `keeping ${kept}`,
  ];
  return { window: parts.filter((part) => part !== undefined).join(", ") };
}

/**
 * Whether two such texts are of windows that differ in nothing but sizes, slides, gaps and offsets. Those that are open can then stay:
 * each has its own end in its name, and what has to happen there among the timers, whatever windows new records fall into.
 */
export function differsInSizeOnly(was: string, is: string): boolean {
  return withoutSize(was) === withoutSize(is);
}

function withoutSize(window: string): string {
  return window.replace(/^(\w+)\([^()]*\)/, "$1");
}

/** More windows a record than that are seldom meant: a day of windows that slide by the second is 86,400. */
const MANY_WINDOWS = 1_000;

/** Logs before the first record that each of them will be kept in very many windows. */
export function warnOfManyWindows(
  context: Pick<OperatorContext, "warn">,
  { windowsPerRecord = 1, description }: Pick<WindowAssigner<never, Window>, "windowsPerRecord" | "description">,
): void {
  if (windowsPerRecord <= MANY_WINDOWS) return;
  context.warn(
    `each record falls into ${
      formatCount(windowsPerRecord)
    } windows of ${description} and is kept or added up in each, ` +
      "which takes time and memory accordingly; a longer slide makes them fewer, and tumbling windows as long as the slide, " +
      "whose results a second window takes, do the same work once",
  );
}
