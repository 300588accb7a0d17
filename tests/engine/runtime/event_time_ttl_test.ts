/** State that expires by event time: a replay of an hour forgets what living through it would have, at any speed. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Collector, KeyedRuntimeContext, WindowContext } from "../../../src/engine/functions/functions.ts";
import { ProcessWindowFunction } from "../../../src/engine/functions/functions.ts";
import {
  type KeyedProcessContext,
  KeyedProcessFunction,
  type OnTimerContext,
} from "../../../src/engine/functions/process_functions.ts";
import { type ValueState, ValueStateDescriptor } from "../../../src/engine/state/state.ts";
import type { StateTtlConfig } from "../../../src/engine/state/state_ttl_config.ts";
import { JobHarness } from "../../../src/engine/testing/job_harness.ts";
import { TestSink } from "../../../src/engine/testing/test_sink.ts";
import { TestSource } from "../../../src/engine/testing/test_source.ts";
import { Time } from "../../../src/engine/time/time.ts";
import { WatermarkStrategy } from "../../../src/engine/time/watermark_strategy.ts";
import { TumblingEventTimeWindows } from "../../../src/engine/windows/tumbling_event_time_windows.ts";

const MINUTE = Time.minutes(1);
const TTL = { ttlMs: 10 * MINUTE, ttlTimeCharacteristic: "EventTime" } as const satisfies StateTtlConfig;

interface Click {
  readonly user: string;
  readonly at: number;
  /** The function throws when it has noted the click. */
  readonly poison?: boolean;
}

/** The first click of each user within ten minutes, and how long ago the one was that a timer looks for five minutes later. */
class First extends KeyedProcessFunction<string, Click, string> {
  #seen!: ValueState<number>;

  override open(context: KeyedRuntimeContext): void {
    this.#seen = context.getState(new ValueStateDescriptor<number>("seen", { ttl: TTL }));
  }

  override processElement(click: Click, context: KeyedProcessContext<string>, out: Collector<string>): void {
    const { user, at } = click;
    const isFirst = this.#seen.value() === undefined;
    if (isFirst) this.#seen.update(at);
    context.timerService().registerEventTimeTimer(at + 5 * MINUTE);
    if (click.poison) throw new RangeError("poison");
    if (isFirst) out.collect(`${user} ${at}`);
  }

  override onTimer(timeMs: number, context: OnTimerContext<string>, out: Collector<string>): void {
    const seen = this.#seen.value();
    out.collect(`${context.currentKey()} at ${timeMs}: ${seen === undefined ? "forgotten" : timeMs - seen}`);
  }
}

/** What the firsts must be, by the clicks of each user alone. */
function expectedFirsts(clicks: readonly Click[]): string[] {
  const last = new Map<string, number>();
  return clicks.toSorted((a, b) => a.at - b.at).flatMap(({ user, at, poison }) => {
    const before = last.get(user);
    if (poison || (before !== undefined && at - before < TTL.ttlMs)) return [];
    last.set(user, at);
    return [`${user} ${at}`];
  });
}

/** A job over clicks in two partitions, those of a user in one. */
class Clicks {
  readonly source = new TestSource<Click>("clicks", { partitions: 2 });
  readonly firsts = new TestSink<string>("firsts");
  readonly harness = new JobHarness((env) => {
    env.fromSource(this.source, WatermarkStrategy.forMonotonousTimestamps(), "clicks")
      .keyBy(({ user }) => user).process(new First()).name("first")
      .sinkTo(this.firsts);
  }, { onError: "dead-letter" });

  /** What has come out, whatever the order of different users. */
  results(): string[] {
    return this.firsts.committedRecords.map(([text]) => text).toSorted();
  }
}

const partitionOf = ({ user }: Click) => ({ partition: user.charCodeAt(0) % 2 });

/** An hour of clicks in order of time, and what happens between them when it is lived through. */
const hours = fc.array(
  fc.record({
    user: fc.constantFrom("a", "b", "c", "d"),
    afterMs: fc.nat(4 * MINUTE),
    then: fc.constantFrom("nothing", "nothing", "commit", "crash", "restart", "poison"),
  }),
  { minLength: 10, maxLength: 40 },
);

Deno.test("a replay gives what living through it gave, whatever commits, restarts and crashes came between", async () => {
  let firsts = 0;
  await fc.assert(
    fc.asyncProperty(hours, async (hour) => {
      let at = 0;
      const clicks = hour.map(({ user, afterMs, then }): Click & { readonly then: string } => {
        at += afterMs;
        return { user, at, poison: then === "poison", then };
      });

      const lived = new Clicks();
      await lived.harness.start();
      for (const click of clicks) {
        await lived.harness.advanceClock(1_000);
        await lived.source.push(click, click.at, partitionOf(click));
        if (click.then === "commit") await lived.harness.commit();
        if (click.then === "crash") {
          await lived.harness.crash();
          await lived.harness.restart();
        }
        if (click.then === "restart") {
          await lived.harness.stop();
          await lived.harness.start();
        }
      }
      await lived.harness.finish();

      const replayed = new Clicks();
      for (const click of clicks) void replayed.source.push(click, click.at, partitionOf(click));
      await replayed.harness.start();
      await replayed.harness.finish();

      assertEquals(lived.results(), replayed.results());
      const isFirst = (text: string) => !text.includes(" at ");
      assertEquals(replayed.results().filter(isFirst), expectedFirsts(clicks).toSorted());
      firsts += replayed.results().filter(isFirst).length;
    }),
    { seed: 20_261_130, numRuns: 60 },
  );
  assert(firsts > 300, `${firsts} firsts`);
});

Deno.test("by the machine's clock a replay forgets nothing that an hour would have", async () => {
  const byClock = new TestSink<boolean>("by the clock");
  class Seen extends KeyedProcessFunction<string, Click, boolean> {
    #seen!: ValueState<true>;
    override open(context: KeyedRuntimeContext): void {
      this.#seen = context.getState(new ValueStateDescriptor<true>("seen", { ttl: { ttlMs: TTL.ttlMs } }));
    }
    override processElement(_click: Click, _context: KeyedProcessContext<string>, out: Collector<boolean>): void {
      out.collect(this.#seen.value() ?? false);
      this.#seen.update(true);
    }
  }
  const source = new TestSource<Click>("clicks");
  await using _running = await new JobHarness((env) => {
    env.fromSource(source, WatermarkStrategy.forMonotonousTimestamps(), "clicks")
      .keyBy(({ user }) => user).process(new Seen()).sinkTo(byClock);
  }).start();
  for (const at of [0, 60 * MINUTE]) await source.push({ user: "a", at }, at);
  assertEquals(byClock.values, [false, true]); // the reason why there is event time
});

Deno.test("state is dropped behind the watermark of a commit, and the end of a bounded run is no such", async () => {
  const job = new Clicks();
  const stored = () => Object.keys(job.harness.store.entriesOf("state"));
  await job.harness.start();
  for (const [user, minute] of [["a", 0], ["b", 1], ["c", 12], ["d", 13]] as const) {
    const click = { user, at: minute * MINUTE };
    await job.source.push(click, click.at, partitionOf(click));
  }
  await job.harness.commit();
  const e = { user: "e", at: 13 * MINUTE };
  await job.source.push(e, e.at, partitionOf(e));
  await job.harness.commit();
  assertEquals(stored().map((entry) => JSON.parse(entry)[3]).toSorted(), ["c", "d", "e"]);
  await job.harness.finish(); // all timers fire, but what comes later may be of the 14th minute
  assertEquals(stored().length, 3);

  await job.harness.start();
  const c = { user: "c", at: 14 * MINUTE };
  await job.source.push(c, c.at, partitionOf(c));
  assertEquals(job.results().filter((text) => text.startsWith("c ") && !text.includes(" at ")), [`c ${12 * MINUTE}`]);
});

Deno.test("a window that fires is at its end: its function sees what is younger by that time", async () => {
  class Total extends ProcessWindowFunction<Click, string, string> {
    override process(user: string, context: WindowContext, _elements: Iterable<Click>, out: Collector<string>): void {
      const last = context.globalState().getState(new ValueStateDescriptor<number>("last", { ttl: TTL }));
      out.collect(`${user} ${context.window().endMs / MINUTE} ${last.value() ?? "none"}`);
      last.update(context.window().endMs / MINUTE);
    }
  }
  const source = new TestSource<Click>("clicks");
  const sink = new TestSink<string>("totals");
  await using _running = await new JobHarness((env) => {
    env.fromSource(source, WatermarkStrategy.forMonotonousTimestamps(), "clicks")
      .keyBy(({ user }) => user).window(TumblingEventTimeWindows.of(MINUTE)).process(new Total()).sinkTo(sink);
  }).start();
  // One jump of event time fires three windows of "a": at the first of them nothing of it is old yet.
  for (const [user, minute] of [["a", 0], ["a", 5], ["a", 16], ["b", 90]] as const) {
    await source.push({ user, at: minute * MINUTE }, minute * MINUTE);
  }
  assertEquals(sink.values, ["a 1 none", "a 6 1", "a 17 none"]);
});
