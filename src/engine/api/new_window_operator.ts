import type { Operator } from "../operators/operator.ts";
import type { WindowDescription } from "../operators/window/description.ts";
import type { WindowFold } from "../operators/window/folds.ts";
import { SessionWindowOperator } from "../operators/window/session_window.ts";
import { SimpleWindowOperator } from "../operators/window/simple_window.ts";
import { WindowOperator } from "../operators/window/window.ts";
import { EventTimeSessionWindows } from "../windows/session_windows.ts";
import { EventTimeTrigger } from "../windows/time_triggers.ts";
import type { TimeWindow, Window } from "../windows/window.ts";
import { MergingWindowAssigner } from "../windows/window_assigner.ts";

/** The operator of windows: the general one, unless one that does less will do. */
export function newWindowOperator<T, ACC, E, OUT, K, W extends Window>(
  description: WindowDescription<T, ACC, E, OUT, K, W>,
): Operator<T, OUT> {
  const { assigner, fold } = description;
  if (!firesOnceAtItsEnd(description)) return new WindowOperator(description);
  if (assigner instanceof EventTimeSessionWindows) {
    // The windows of that assigner are TimeWindows.
    return new SessionWindowOperator(description as unknown as WindowDescription<T, ACC, E, OUT, K, TimeWindow>);
  }
  return fold === undefined || assigner instanceof MergingWindowAssigner
    ? new WindowOperator(description)
    : new SimpleWindowOperator({ ...description, fold: fold as WindowFold<T, ACC, E> });
}

/** Whether no trigger need be asked: windows fire once, at their end by event time. */
function firesOnceAtItsEnd<T, ACC, E, OUT, K, W extends Window>(
  description: WindowDescription<T, ACC, E, OUT, K, W>,
): boolean {
  const { assigner, trigger = assigner.getDefaultTrigger(), evictor, allowedLatenessMs = 0 } = description;
  return assigner.isEventTime() && trigger instanceof EventTimeTrigger && evictor === undefined &&
    allowedLatenessMs === 0;
}
