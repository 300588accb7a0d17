import { Hono } from "hono";
import { stream, streamSSE } from "hono/streaming";
import { type Json, SYSTEM_CLOCK, type TraceStep } from "../../engine/mod.ts";
import { type FoundRecord, placesOfKey, recordAt } from "../../inspect/follow/find_record.ts";
import { type DescribedFile, describeFiles, followChain } from "../../inspect/follow/follow_chain.ts";
import { LiveFollowing } from "../../inspect/follow/live.ts";
import type { Place } from "../../inspect/follow/protocol.ts";
import { depthsOf } from "../../inspect/follow/depths.ts";
import { type StepWords, wordsOf } from "../../inspect/follow/words.ts";
import { type RecordJson, recordJson } from "../../inspect/record_json.ts";
import { UsageError, wholeNumber } from "../../utils.ts";
import type { DashboardContext } from "../context.ts";

/** A step as the page draws it. */
export interface ShownStep {
  readonly step: number;
  /** How far it is from a straight line. */
  readonly depth: number;
  readonly kind: TraceStep["kind"];
  readonly operator: string;
  /** The job's clock, ms. */
  readonly clockMs: number;
  readonly text: string;
  readonly tone: StepWords["tone"];
  /** As JSON where they are that. */
  readonly values: readonly { readonly label?: string; readonly text: string }[];
  /** Where what was sent lies; left out: it was not sent, or does not lie there (yet). */
  readonly found?: FoundRecord;
}

/** What one job made of the records. */
export interface ShownTrace {
  readonly job: string;
  /** Tells apart what was seen live and what ran again. */
  readonly how: "live" | "again";
  /** "run again from the last commit" */
  readonly note: string;
  readonly steps: readonly ShownStep[];
  /** What may still come. */
  readonly open: number;
  /** What it waits for. */
  readonly why?: string | undefined;
  /** Steps that were left out. */
  readonly dropped: number;
}

/** `POST /` begins to follow in the running jobs. */
export interface FollowingAnswer {
  readonly id: string;
  readonly untilMs: number;
}

/** The event `traces` of `GET /ID`. */
export interface TracesEvent {
  readonly traces: readonly ShownTrace[];
  /** Jobs that follow, whether they have seen anything or not. */
  readonly followers: readonly string[];
}

/** A line of the answer of `POST /again`. */
export type AgainLine =
  | { readonly type: "trace"; readonly trace: ShownTrace }
  | { readonly type: "waiting"; readonly job: string; readonly why: string }
  | { readonly type: "error"; readonly error: string }
  | { readonly type: "end" };

/** `GET /records?topic=…&key=…` */
export interface KeyRecordsAnswer {
  /** The newest, newest first. */
  readonly records: readonly RecordJson[];
  readonly total: number;
}

const EVENT_MS = 500;
/** So many records of a key are shown. */
const SHOWN_RECORDS = 20;
/** A request that nobody looks at any more ends after so long, ms. */
const UNWATCHED_MS = 10_000;

/** One record or key through the jobs: live in those that run, or by running their graphs again in memory. */
export function followApi({ broker, signal, jobFiles, logger }: DashboardContext): Hono {
  const following = new Map<string, Watched>();
  return new Hono()
    .get("/records", async (c) => {
      const [topic, key] = [c.req.query("topic") ?? "", c.req.query("key") ?? ""];
      const places = await placesOfKey(broker, topic, key);
      const shown = places.slice(-SHOWN_RECORDS).reverse();
      const records = await Promise.all(
        shown.map(async (place) => recordJson(place.partition, await recordAt(broker, place))),
      );
      return c.json({ records, total: places.length } satisfies KeyRecordsAnswer);
    })
    .post("/", async (c) => {
      const { key, place } = await c.req.json() as { key?: string; place?: Partial<Place> };
      const records = key === undefined ? { places: [checked(place)] } : { keys: [key] };
      const live = await LiveFollowing.begin(broker, records, SYSTEM_CLOCK.now);
      const { id, untilMs } = live.request;
      following.set(id, new Watched(live, { signal, onEnd: () => following.delete(id) }));
      return c.json({ id, untilMs } satisfies FollowingAnswer);
    })
    .post("/again", async (c) => {
      const place = checked(await c.req.json());
      await recordAt(broker, place);
      const jobs = jobFiles(place.topic);
      return stream(c, async (out) => {
        const end = new AbortController();
        out.onAbort(() => end.abort());
        const both = AbortSignal.any([end.signal, signal]);
        const write = (line: AgainLine) => out.write(`${JSON.stringify(line)}\n`);
        try {
          const described = await describeFiles(jobs, both);
          checkRead(described, place.topic);
          const onWaiting = (job: string, why = "nothing is to be seen") => void write({ type: "waiting", job, why });
          const chain = followChain(broker, { jobs: described, places: [place], wait: false, signal: both, onWaiting });
          for await (const { job, from, steps, sent, open, why } of chain) {
            const trace = { job, how: "again", note: `run again from ${from}`, open, why, dropped: 0 } as const;
            await write({
              type: "trace",
              trace: { ...trace, steps: allShown(steps, { found: sent }) },
            });
          }
          await write({ type: "end" });
        } catch (error) {
          if (both.aborted) return;
          logger.debug(`dashboard: follow: ${error}`);
          await write({ type: "error", error: whyNot(error) });
        }
      });
    })
    .get("/:id", (c) => {
      const watched = following.get(c.req.param("id"));
      if (watched === undefined) return c.json({ error: "Nobody follows that any more: begin again" }, 404);
      return streamSSE(c, async (out) => {
        const end = new AbortController();
        out.onAbort(() => end.abort());
        const both = AbortSignal.any([end.signal, signal]);
        using _watcher = watched.watch();
        let sent = "";
        while (!both.aborted && SYSTEM_CLOCK.now() < watched.live.request.untilMs) {
          const traces = await watched.live.traces();
          const event: TracesEvent = {
            followers: [...new Set(traces.map(({ job }) => job))].sort(),
            traces: traces.filter(({ steps }) => steps.length > 0).map((
              { job, steps, sent, open, dropped, committed },
            ) => ({
              job,
              how: "live",
              note: "as the running job took it",
              open,
              dropped,
              steps: allShown(steps, { found: sent, committed }),
            })),
          };
          const data = JSON.stringify(event);
          if (data !== sent) await out.writeSSE({ event: "traces", data });
          sent = data;
          await SYSTEM_CLOCK.sleep(EVENT_MS, both);
        }
        if (!both.aborted) await out.writeSSE({ event: "over", data: "{}" });
      });
    });
}

/** A request, until nobody looks at it any more, or the dashboard ends. */
class Watched {
  readonly live: LiveFollowing;
  readonly #signal: AbortSignal;
  readonly #onEnd: () => void;
  #watchers = 0;
  #wait = new AbortController();

  constructor(live: LiveFollowing, { signal, onEnd }: { readonly signal: AbortSignal; readonly onEnd: () => void }) {
    this.live = live;
    this.#signal = signal;
    this.#onEnd = onEnd;
    this.#endSoon();
  }

  watch(): Disposable {
    this.#watchers++;
    this.#wait.abort();
    return {
      [Symbol.dispose]: () => {
        if (--this.#watchers === 0) this.#endSoon();
      },
    };
  }

  async #endSoon(): Promise<void> {
    const { signal } = this.#wait = new AbortController();
    await SYSTEM_CLOCK.sleep(UNWATCHED_MS, AbortSignal.any([signal, this.#signal]));
    if (signal.aborted) return;
    this.#onEnd();
    // A broker that is away or closed leaves it to the time that the request has.
    await this.live.end().catch(() => {});
  }
}

/**
 * The steps of one job.
 * @param found what they sent, where it lies, by step
 * @param committed so many of them can be read by others, as their commit has been made; left out: all
 */
function allShown(
  steps: readonly TraceStep[],
  { found, committed = steps.length }: {
    readonly found: ReadonlyMap<number, FoundRecord | undefined>;
    readonly committed?: number;
  },
): ShownStep[] {
  const depths = depthsOf(steps);
  return steps.map((step, i) => ({
    ...shown(step, found.get(step.step), i < committed),
    depth: depths.get(step.step) ?? 0,
  }));
}

/** @param isVisible whether what it sent can be read: its commit has been made */
function shown(step: TraceStep, found: FoundRecord | undefined, isVisible: boolean): Omit<ShownStep, "depth"> {
  const { text, values, tone } = wordsOf(step, found);
  const waits = step.kind === "sent" && step.record !== undefined && found === undefined && !isVisible;
  return {
    step: step.step,
    kind: step.kind,
    operator: step.operator,
    clockMs: step.clockMs,
    text: waits ? `sent to ${step.record.topic}, to be read with the next commit` : text,
    tone: waits ? "plain" : tone,
    values: step.kind === "sent" && step.record !== undefined
      ? [labelled("key", step.record.key), labelled("value", step.record.value), ...other(found)]
      : values.map((value) => split(value)),
    ...found !== undefined && { found },
  };
}

function other(found: FoundRecord | undefined) {
  return found === undefined || found.isSame ? [] : [labelled("there", found.value)];
}

function labelled(label: string, text: Json): { readonly label: string; readonly text: string } {
  return { label, text: text === null ? "none" : String(text) };
}

/** "was {…}" has its label in front. */
function split(value: string): { readonly label?: string; readonly text: string } {
  const [, label, text] = /^(was|now) (.*)$/s.exec(value) ?? [];
  return label === undefined ? { text: value } : { label, text: text! };
}

function checked({ topic, partition, offset }: Partial<Place> = {}): Place {
  const number = wholeNumber({ min: 0 });
  try {
    if (typeof topic !== "string") throw new Error("the topic is missing");
    return { topic, partition: number(String(partition)), offset: number(String(offset)) };
  } catch (error) {
    throw new UsageError(`Cannot follow a record: ${(error as Error).message}`);
  }
}

function checkRead(jobs: readonly DescribedFile[], topic: string): void {
  if (jobs.some(({ reads }) => reads.includes(topic))) return;
  const known = jobs.map(({ file }) => file.file).join(", ") || "none";
  throw new UsageError(
    `Of the jobs whose files the dashboard knows (${known}) no one reads "${topic}": start it with --job FILE for each job`,
  );
}

function whyNot(error: unknown): string {
  if (error instanceof Deno.errors.NotCapable) {
    return "The dashboard may start no program, so it cannot run a job again: deno task follow can";
  }
  return error instanceof Error ? error.message : String(error);
}
