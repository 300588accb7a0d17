import { keyId } from "../../state/key.ts";
import type { SessionTable } from "../../state/session_table.ts";
import { NO_NAMESPACE } from "../../state/namespace_index.ts";
import type { OpenWindows } from "../../windows/merging_window_set.ts";
import { TimeWindow } from "../../windows/window.ts";
import type { OperatorContext } from "../operator.ts";

/**
 * Takes the sessions over that an earlier version has stored: as `WindowOperator` does, with the open windows of a key in one
 * entry, the contents of each in another, and its timer in a third. The next commit has them in the new form only.
 * @param isFolded whether a session keeps one value; a list of records stays where it is
 */
export function takeOlderSessions(
  { state, timers }: Pick<OperatorContext, "state" | "timers">,
  sessions: SessionTable<unknown>,
  isFolded: boolean,
): void {
  if (!state.isStored("windows")) return;
  const windows = state.valueTable<OpenWindows>("windows", 1);
  const contents = isFolded ? state.valueTable<unknown>("contents", 1) : undefined;
  for (const { namespace: id, key, keyId: its } of timers.takeAll()) {
    const stateWindow = windows.get(NO_NAMESPACE, its)?.find(([window]) => window === id)?.[1];
    if (stateWindow === undefined) continue;
    const value = contents?.get(stateWindow, its) ?? null;
    sessions.add(TimeWindow.fromId(id), { id: its, key, value, first: { id: stateWindow } });
    contents?.set(stateWindow, its, key, undefined);
  }
  for (const key of [...windows.keys()]) windows.set(NO_NAMESPACE, keyId(key), key, undefined);
}
