/** Steps of a followed record in words. */
import type { Json, TraceStep } from "../../engine/mod.ts";
import type { FoundRecord } from "./find_record.ts";

/** How a step is shown. */
export type Tone = "plain" | "good" | "late" | "bad";

/** A step in words. */
export interface StepWords {
  readonly text: string;
  /** Values, each in a line of its own. */
  readonly values: readonly string[];
  readonly tone: Tone;
}

/** @param found what lies where it was sent to; undefined: nothing */
export function wordsOf(step: TraceStep, found?: FoundRecord): StepWords {
  switch (step.kind) {
    case "read":
      return {
        text: `read from ${step.topic}-${step.partition} offset ${step.offset}, written ${timeText(step.timestampMs)}` +
          (step.key === null ? "" : `, key ${step.key}`),
        values: [],
        tone: "plain",
      };
    case "decoded":
      return { text: "decoded as", values: [json(step.value)], tone: "plain" };
    case "emitted":
      return emitted(step);
    case "filtered": {
      const predicate = step.function === undefined ? "" : `: ${step.function} is false`;
      return {
        text: `filtered out${predicate}, with the clock at ${timeText(step.clockMs)}`,
        values: [],
        tone: "late",
      };
    }
    case "window":
      return {
        text: `put into window ${windowText(step.window)} of ${json(step.key)}; it fires when event time, ` +
          `${timeText(step.eventTimeMs, "not begun yet")} now, reaches ${timeText(step.lastMs)}; it holds with it`,
        values: [contentsText(step.contents)],
        tone: "plain",
      };
    case "state":
      return {
        text: `state "${step.state}" of ${json(step.key)}` +
          (step.window === undefined ? "" : ` in window ${windowText(step.window)}`) +
          (step.part === undefined ? "" : ` at ${json(step.part)}`) + changeText(step.before, step.after),
        values: [step.before, step.after].flatMap((value, i) =>
          value === undefined ? [] : [`${i === 0 ? "was" : "now"} ${json(value)}`]
        ),
        tone: "plain",
      };
    case "timer": {
      const clock = step.timeDomain === "EVENT_TIME" ? "event time" : "the clock";
      return {
        text: `${step.action} a timer of ${json(step.key)}: ${clock} ${timeText(step.timeMs)}`,
        values: [],
        tone: "plain",
      };
    }
    case "fired":
      return fired(step);
    case "late": {
      const by = step.lateByMs === null ? "too late" : `late by ${durationText(step.lateByMs)}`;
      const to = step.to === "dead letters" ? `a dead letter of ${step.job}` : "goes to the side output";
      return { text: `${by}, ${to}: ${step.message}`, values: [], tone: "late" };
    }
    case "asked":
      return { text: `asks ${step.function ?? "the asynchronous function"}, and waits`, values: [], tone: "plain" };
    case "answered":
      return { text: "the answer is there", values: [], tone: "plain" };
    case "joined":
      return { text: "joined", values: [json(step.left), json(step.right)], tone: "plain" };
    case "sent":
      return sent(step, found);
    case "dead":
      return { text: dead(step), values: [], tone: "bad" };
  }
}

function emitted({ operation, function: by, value, sideOutput }: TraceStep & { kind: "emitted" }): StepWords {
  const how = by === undefined ? "" : ` by ${by}`;
  const values = [json(value)];
  if (sideOutput !== undefined) return { text: `to the side output "${sideOutput}"`, values, tone: "plain" };
  if (operation === "filter") return { text: `passes ${by ?? ""}`.trimEnd(), values: [], tone: "plain" };
  if (operation === "map") return { text: `mapped${how} to`, values, tone: "plain" };
  return { text: `result of ${operation}${how}`, values, tone: "plain" };
}

function fired({ key, window, dueMs, contents, eventTimeMs }: TraceStep & { kind: "fired" }): StepWords {
  const at = eventTimeMs === null ? "at the end of the input" : `as event time reached ${timeText(eventTimeMs)}`;
  if (window === undefined) {
    return { text: `the timer of ${json(key)} at ${timeText(dueMs)} fired, ${at}`, values: [], tone: "plain" };
  }
  const values = contents === undefined ? [] : [contentsText(contents)];
  return { text: `window ${windowText(window)} of ${json(key)} fired, ${at}, with`, values, tone: "plain" };
}

function sent({ to, record, value }: TraceStep & { kind: "sent" }, found: FoundRecord | undefined): StepWords {
  if (record === undefined) return { text: `given to ${to}`, values: [json(value)], tone: "good" };
  const values = [`${record.key ?? "no key"} ${record.value ?? "no value"}`];
  if (found === undefined) {
    return { text: `sent to ${record.topic}: it does not lie there (yet)`, values, tone: "late" };
  }
  const place = `${found.topic}-${found.partition} offset ${found.offset}`;
  if (found.isSame) return { text: `sent to ${place}`, values, tone: "good" };
  return {
    text:
      `sent to ${record.topic}; at ${place} lies another value of this key and time: the job itself had begun later, ` +
      "or with other arguments",
    values: [...values, `there ${found.value ?? "no value"}`],
    tone: "late",
  };
}

function dead({ errorClass, message, fate, job }: TraceStep & { kind: "dead" }): string {
  const what = errorClass === "RecordError" ? message : `${errorClass}: ${message}`;
  if (fate === "dead letter") return `a dead letter of ${job}: ${what}`;
  return fate === "skipped" ? `skipped: ${what}` : `the job fails: ${what}`;
}

function changeText(before: Json | undefined, after: Json | undefined): string {
  if (before === undefined) return " is set";
  return after === undefined ? " is cleared" : " changes";
}

function contentsText(contents: Json): string {
  if (!Array.isArray(contents)) return json(contents);
  return `${contents.length} ${contents.length === 1 ? "record" : "records"}: ${json(contents)}`;
}

function json(value: Json): string {
  return JSON.stringify(value);
}

/** "2026-10-19 12:00:03.120", in UTC. */
function timeText(ms: number | null, none = "no time"): string {
  if (ms === null) return none;
  if (Math.abs(ms) > 8.64e15) return `${ms} ms`;
  return new Date(ms).toISOString().replace("T", " ").replace("Z", "");
}

/** "[2026-10-19T12:00:00.000Z, 2026-10-19T12:01:00.000Z)" as "2026-10-19 12:00:00–12:01:00" */
function windowText(window: string): string {
  const [, day, start, endDay, end] = /^\[(\S+)T(\S+?)Z, (\S+)T(\S+?)Z\)$/.exec(window) ?? [];
  if (start === undefined) return window;
  const short = (time: string) => time.replace(/\.000$/, "");
  return `${day} ${short(start)}–${day === endDay ? "" : `${endDay} `}${short(end!)}`;
}

/** "3 s", "1 min 3 s", "250 ms" */
function durationText(ms: number): string {
  if (ms < 1_000) return `${ms} ms`;
  const seconds = Math.floor(ms / 1_000);
  const parts = [
    [Math.floor(seconds / 86_400), "d"],
    [Math.floor(seconds / 3_600) % 24, "h"],
    [Math.floor(seconds / 60) % 60, "min"],
    [seconds % 60, "s"],
  ] as const;
  return parts.filter(([n]) => n > 0).map(([n, unit]) => `${n} ${unit}`).slice(0, 2).join(" ");
}
