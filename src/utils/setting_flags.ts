/** Flags of the settings that every job has, made of the engine's table of them. */
import { type FlagText, JOB_OPTIONS, type JobOption } from "../engine/internal.ts";
import type { DeadLimit, JobSettings, RestartStrategy } from "../engine/mod.ts";
import { type Flag, oneOf, wholeNumber } from "./flags.ts";
import { formatDuration, parseDuration, parsePositiveDuration, parseStart } from "./values.ts";

/**
 * What the flags of every job make of a command line: all settings but those that a job has by itself. Two are left out unless
 * their flag is there, as their default depends on the job.
 */
export type SettingsFromFlags =
  & Omit<JobSettings, "jobName" | "closeIdleMs" | "delivery" | "onError">
  & { readonly [P in "delivery" | "onError"]: JobSettings[P] | undefined };

/** How values of one kind are written. */
interface ValueText {
  /** For the help text; left out: a switch. */
  readonly value?: string;
  readonly parse?: (text: string) => unknown;
  /** The text that stands for a value. */
  readonly format?: (value: never) => string;
}

const TEXTS: Readonly<Record<Extract<FlagText, string>, ValueText>> = {
  "switch": {},
  "address": { value: "[HOST:]PORT", parse: parseAddress },
  "duration": { value: "DURATION", parse: parseDuration, format: formatDuration },
  "positive duration": { value: "DURATION", parse: parsePositiveDuration, format: formatDuration },
  "positive duration or any": {
    value: "DURATION|any",
    parse: (text) => text === "any" ? Infinity : parsePositiveDuration(text),
    format: formatDuration,
  },
  "start": { value: "earliest|latest|TIME", parse: parseStart, format: String },
  "dead limit": { value: "PERCENT%|COUNT/min|never", parse: parseDeadLimit, format: formatDeadLimit },
  "restart strategy": { value: "none|COUNT|forever", parse: parseRestart, format: formatRestart },
};

/** By the setting that each sets. */
export const SETTING_FLAGS: Readonly<Record<string, Flag>> = Object.fromEntries(
  (Object.entries(JOB_OPTIONS) as [name: string, option: JobOption<unknown>][]).flatMap(([name, option]) => {
    const flag = flagOf(option);
    return flag === undefined ? [] : [[name, flag]];
  }),
);

function flagOf({ default: value, flag }: JobOption<unknown>): Flag | undefined {
  if (flag === undefined) return undefined;
  const { name, text, help } = flag;
  const { format, ...written } = typeof text === "string"
    ? TEXTS[text]
    : { value: text.join("|"), parse: oneOf(...text), format: String };
  return {
    ...(name !== undefined && { name }),
    ...written,
    ...(value !== undefined && format !== undefined && { default: format(value as never) }),
    help,
  };
}

function parseAddress(text: string): string {
  const [, port] = /^(?:.+:)?(\d{1,5})$/.exec(text) ?? [];
  if (port === undefined) throw new SyntaxError(`"${text}" is not a port such as 9464, nor host:port`);
  wholeNumber({ min: 0, max: 65_535 })(port);
  return text;
}

function parseDeadLimit(text: string): DeadLimit {
  if (text === "never") return { share: 1 };
  const [, count, unit] = /^(\d+)(%|\/min)$/.exec(text) ?? [];
  if (count === undefined) throw new SyntaxError(`"${text}" is not a limit such as 50%, 100/min or never`);
  if (unit === "%") return { share: wholeNumber({ min: 1, max: 100 })(count) / 100 };
  return { share: 1, perMinute: wholeNumber({ min: 1 })(count) };
}

function formatDeadLimit({ share = 1 }: DeadLimit): string {
  return `${share * 100}%`;
}

function parseRestart(text: string): RestartStrategy {
  if (text === "none") return { type: "none" };
  if (text === "forever") return { type: "exponential-delay" };
  return { type: "fixed-delay", attempts: wholeNumber({ min: 1 })(text), delayMs: 10_000 };
}

function formatRestart({ type }: RestartStrategy): string {
  return type;
}
