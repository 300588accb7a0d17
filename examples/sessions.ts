/**
 * Sessions of a user's clicks, with late clicks: a session is over after `gapMs` without one. A click that comes late, but at most
 * `allowedLatenessMs`, corrects its session, or bridges two; what is later still goes to {@link LATE}.
 */
import { type DataStream, OutputTag, type SingleOutputStreamOperator } from "@stream-apps/deno";
import { type Collector, ProcessWindowFunction, type WindowContext } from "@stream-apps/deno/functions";
import { EventTimeSessionWindows, type TimeWindow } from "@stream-apps/deno/windows";

/** Something that a user did. */
export interface Click {
  readonly user: string;
  readonly clicks: number;
}

/** A session, or the correction of one that ended at the same time or earlier. */
export interface Session extends Click {
  /** Its first click, ms of event time. */
  readonly startMs: number;
  /** Its last click, ms of event time. */
  readonly lastMs: number;
}

/** Clicks that came too late for every session: `getSideOutput(LATE)`. */
export const LATE = new OutputTag<Click>("late_clicks");

/** Each session when it is over, and again with each click that comes late. */
export function sessionsOf(
  clicks: DataStream<Click>,
  { gapMs, allowedLatenessMs }: { readonly gapMs: number; readonly allowedLatenessMs: number },
): SingleOutputStreamOperator<Session> {
  return clicks.keyBy(({ user }) => user)
    .window(EventTimeSessionWindows.withGap(gapMs))
    .allowedLateness(allowedLatenessMs)
    .sideOutputLateData(LATE)
    .reduce((a, b) => ({ user: a.user, clicks: a.clicks + b.clicks }), new WithTimes(gapMs)).name("sessions");
}

class WithTimes extends ProcessWindowFunction<Click, Session, string> {
  readonly #gapMs: number;

  constructor(gapMs: number) {
    super();
    this.#gapMs = gapMs;
  }

  override process(_user: string, context: WindowContext<TimeWindow>, [all]: Iterable<Click>, out: Collector<Session>) {
    const { startMs, endMs } = context.window();
    out.collect({ ...all!, startMs, lastMs: endMs - this.#gapMs });
  }
}
