import { formatCount } from "../../utils.ts";
import { formatRate } from "../screen/rate.ts";
import type { DemoState, JobState, TopicState, WindowBounds } from "./state.ts";

/** The numbers of a topic: how many records, and how many a second. */
export function topicWords({ count, perSecond }: TopicState): string {
  return `${formatCount(count)}  ${formatRate(perSecond)}`;
}

/** The status of a job: "12 behind". */
export function jobWords({ status, behind }: JobState): string {
  if (status !== "active") return status;
  return behind === undefined ? "starting" : `${formatCount(behind)} behind`;
}

/** "312 h 05 min" */
export function formatMinutes(minutes: number): string {
  return `${formatCount(Math.floor(minutes / 60))} h ${String(minutes % 60).padStart(2, "0")} min`;
}

/** "1:05" of 65 seconds */
export function formatElapsed(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const pad = (n: number) => String(n).padStart(2, "0");
  return h > 0 ? `${h}:${pad(m)}:${pad(s)}` : `${m}:${pad(s)}`;
}

/**
 * Time of day: "12:34:56", with a digit of the fraction if asked for.
 * @param timeZone default: UTC, as in every time that programs show
 */
export function timeOfDay(ms: number, options: { timeZone?: string | undefined; tenths?: boolean } = {}): string {
  const { timeZone = "UTC", tenths = false } = options;
  const time = new Date(ms).toLocaleTimeString("sv-SE", { timeZone });
  return tenths ? `${time}.${Math.floor((ms % 1000) / 100)}` : time;
}

function formatWindow({ startMs, endMs }: WindowBounds, timeZone: string | undefined): string {
  return `${timeOfDay(startMs, { timeZone })}–${timeOfDay(endMs, { timeZone })}`;
}

/** A sentence on who runs the jobs, if this demo does not; else undefined. */
export function standbyWords({ importer, statistics }: DemoState): string | undefined {
  const waiting = [importer, statistics].find(({ status }) => status === "stands by");
  if (waiting === undefined) return undefined;
  return `Another demo is running here, ${waiting.holder}: this one only watches, and takes over when that one ends`;
}

/** A sentence on event time, and on what the open window waits for if there are no results yet. */
export function eventTimeWords(state: DemoState, timeZone?: string): string {
  const { eventTime, topics: { userstatistics } } = state;
  const nothing = userstatistics.added > 0 ? "" : `No ${userstatistics.count > 0 ? "new " : ""}statistics yet: `;
  switch (eventTime.kind) {
    case "none":
      return `${nothing}waits for the first flights out of ${state.importer.name}`;
    case "incomplete": {
      const seconds = Math.ceil(eventTime.waitMs / 1000);
      return `${nothing}no record in ${eventTime.partition}, event time waits for one up to ${seconds} s`;
    }
    case "silent": {
      const seconds = Math.floor(eventTime.silentMs / 1000);
      const at = timeOfDay(eventTime.ms, { timeZone, tenths: true });
      return `${nothing}${nothing === "" ? "Event" : "event"} time stands at ${at}: no flights for ${seconds} s`;
    }
    case "at": {
      const { ms, window, heldBy } = eventTime;
      const at = timeOfDay(ms, { timeZone, tenths: true });
      const bounds = formatWindow(window, timeZone);
      if (nothing === "") {
        return `Event time ${at}, window ${bounds} closes in ${((window.endMs - ms) / 1000).toFixed(1)} s`;
      }
      return `${nothing}window ${bounds} closes when event time gets to its end; it is at ${at}, ` +
        `held by ${heldBy}`;
    }
  }
}
