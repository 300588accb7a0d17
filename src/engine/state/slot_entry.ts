import {
  mapText,
  partEntry,
  statePrefix,
  timerEntry,
  type TimerKind,
  timerPrefix,
  valueEntry,
  windowText,
} from "../commit_format.ts";
import type { Slot } from "./slot.ts";
import type { StateName } from "./value_text.ts";

/** How the slots of a ledger lie in a commit: what their entries are named after, and what stands beside a value. */
export type SlotLayout = "value" | "list" | "map" | "window" | "session" | TimerKind;

/** What the names of all entries of a ledger begin with. */
export function entryPrefix(layout: SlotLayout, { uid, name }: StateName): string {
  return isTimer(layout) ? timerPrefix(layout, uid) : statePrefix(uid, name);
}

export function isTimer(layout: SlotLayout): layout is TimerKind {
  return layout === "timer" || layout === "processing-timer";
}

/** The name of a slot's entry. */
export function entryName(layout: SlotLayout, prefix: string, { group, key }: Slot<unknown>): string {
  switch (layout) {
    case "value":
    case "window":
    case "session":
      return valueEntry(prefix, group.namespace, key);
    case "list":
    case "map":
      return partEntry(prefix, group.namespace, group.key!, key);
    case "timer":
    case "processing-timer":
      return timerEntry(prefix, group.timeMs!, group.namespace, key);
  }
}

/** The text of the entry of a slot that is no timer's and no session's. @param valueText that of its value */
export function slotText(
  layout: Exclude<SlotLayout, TimerKind | "session">,
  { order, group }: Slot<unknown>,
  valueText: string,
): string {
  switch (layout) {
    case "value":
    case "list":
      return valueText;
    case "map":
      return mapText(order, valueText);
    case "window":
      return windowText(group.timeMs!, order, valueText);
  }
}
