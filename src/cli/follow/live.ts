import type { Broker } from "../../connectors/broker.ts";
import { SYSTEM_CLOCK } from "../../engine/mod.ts";
import { type FollowedRecords, LiveFollowing, type LiveJobTrace } from "../../inspect/follow/live.ts";
import { wordsOf } from "../../inspect/follow/words.ts";
import type { Paint } from "./show.ts";

/** Between two looks at what the jobs report, ms. */
const LOOK_MS = 500;
/** A step waits so long for the place of what was sent before it is written without, ms. */
const PATIENCE_MS = 10_000;
/** Operators' names stand in a column of this width, or of more where one needs it. */
const NAME_WIDTH = 22;

/** Where the steps go, and what ends it. */
export interface LiveIo {
  readonly write: (text: string) => Promise<void>;
  readonly json: boolean;
  readonly paint: Paint;
  /** Says to the person what is not data. */
  readonly note: (text: string) => void;
  readonly now: () => number;
  readonly signal: AbortSignal;
}

/** Writes each step of records as the running jobs take it, until the signal is aborted or the request ends by itself. */
export async function followLive(broker: Broker, records: FollowedRecords, io: LiveIo): Promise<void> {
  const following = await LiveFollowing.begin(broker, records, io.now);
  /** By instance: the number of the last step that was written. */
  const written = new Map<string, number>();
  let last: string | undefined;
  try {
    while (!io.signal.aborted && io.now() < following.request.untilMs) {
      for (const trace of await following.traces()) {
        if (!written.has(trace.instance)) {
          written.set(trace.instance, 0);
          io.note(`${trace.job} follows: each step comes as the job takes it`);
        }
        const ready = readySteps(trace, written.get(trace.instance)!, io.now());
        if (ready.length === 0) continue;
        written.set(trace.instance, ready.at(-1)!.step);
        const text = ready.map((step) =>
          io.json
            ? `${JSON.stringify(step.kind === "sent" ? { ...step, found: trace.sent.get(step.step) ?? null } : step)}\n`
            : stepText(step, trace, io.paint)
        ).join("");
        const title = !io.json && last !== trace.job
          ? `${last === undefined ? "" : "\n"}${io.paint("bold", trace.job)}\n`
          : "";
        last = trace.job;
        await io.write(`${title}${text}`);
      }
      await SYSTEM_CLOCK.sleep(LOOK_MS, io.signal);
    }
  } finally {
    await following.end();
  }
}

type Steps = LiveJobTrace["steps"];

/** The next steps whose words are known: what was sent waits until it is committed and found. */
function readySteps({ steps, sent }: LiveJobTrace, after: number, nowMs: number): Steps {
  const next = steps.filter(({ step }) => step > after);
  const waiting = next.findIndex((step) =>
    step.kind === "sent" && step.record !== undefined && !sent.has(step.step) && nowMs - step.clockMs < PATIENCE_MS
  );
  return waiting < 0 ? next : next.slice(0, waiting);
}

function stepText(step: Steps[number], { sent }: LiveJobTrace, paint: Paint): string {
  const { text, values, tone } = wordsOf(step, sent.get(step.step));
  const width = Math.max(NAME_WIDTH, step.operator.length);
  const lines = [`  ${paint("dim", step.operator.padEnd(width))}  ${paint(tone, text)}`];
  for (const value of values) lines.push(`${" ".repeat(width + 6)}${value}`);
  return lines.map((line) => `${line}\n`).join("");
}
