import { Time } from "@stream-apps/deno";
import { JobHarness, ManualClock, TestSink, TestSource, watermarksByHand } from "@stream-apps/deno/testing";
import { type Check, wrong } from "../../../src/cli/learn/checks.ts";
import { NOON } from "../../../src/cli/learn/time/live_run.ts";
import type * as solution from "./3_forget.solution.ts";

type Booking = solution.Booking;

export const checks: Check<typeof solution>[] = [
  {
    shows: "what is sent again within a day is dropped",
    async run({ defineWorkflow }) {
      await using desk = await open(defineWorkflow);
      await desk.sendsAt(0, 0.1, 12, 23.9);
      const passed = desk.passed.values.length;
      if (passed === 1) return;
      wrong(
        passed === 0
          ? "The first message did not pass."
          : "SKY1 passed again within a day: by then its first message had been forgotten. Is the time to live in ms?",
      );
    },
  },
  {
    shows: "after a day it is forgotten: nothing is kept for it, and it would pass again",
    async run({ defineWorkflow }) {
      await using desk = await open(defineWorkflow);
      await desk.sendsAt(0);
      await desk.until(24.1);
      await desk.harness.commit();
      const kept = [...desk.harness.store.entries].filter(([name]) => name.includes('"SKY1"'));
      if (kept.length > 0) {
        wrong("A day later SKY1 is still in the job's state, and will be for ever or for too long.", [
          ...kept.map(([name, value]) => `${name}: ${value}`),
        ]);
      }
      await desk.sendsAt(25);
      if (desk.passed.values.length !== 2) wrong("After 25 hours SKY1 did not pass again.");
    },
  },
  {
    shows: "the day begins with the first message, also of one that is sent every hour",
    async run({ defineWorkflow }) {
      await using desk = await open(defineWorkflow);
      await desk.sendsAt(...Array.from({ length: 26 }, (_, hour) => hour));
      if (desk.passed.values.length === 2) return;
      wrong(
        "SKY1 was sent every hour and did not pass again after a day: each message has renewed what is remembered of it.",
      );
    },
  },
  {
    shows: "a day is a day of event time: it is still known after the job has been down for two days",
    async run({ defineWorkflow }) {
      await using desk = await open(defineWorkflow);
      await desk.sendsAt(0);
      await desk.harness.commit();
      desk.harness.clock.advance(Time.days(2));
      await desk.harness.restart();
      await desk.sends(1);
      if (desk.passed.values.length === 1) return;
      wrong(
        "SKY1 was sent again after an hour; but the job was down, and read that two days later. By the machine's clock its " +
          "first message had been forgotten.",
      );
    },
  },
];

class Desk implements AsyncDisposable {
  constructor(
    readonly harness: JobHarness,
    readonly bookings: TestSource<Booking>,
    readonly passed: TestSink<Booking>,
  ) {}

  /** The same booking, hours after the job's start; the clock goes on as event time does. */
  async sendsAt(...hours: readonly number[]): Promise<void> {
    for (const hour of hours) {
      await this.until(hour);
      await this.sends(hour);
    }
  }

  /** A message that was sent then, whatever the clock says now. */
  async sends(hour: number): Promise<void> {
    await this.bookings.push({ ref: "SKY1" }, NOON + Time.hours(1) * hour);
  }

  async until(hour: number): Promise<void> {
    this.harness.clock.nowMs = NOON + Time.hours(1) * hour;
    await this.bookings.watermark(this.harness.clock.nowMs - 1);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.harness[Symbol.asyncDispose]();
  }
}

async function open(describe: (typeof solution)["defineWorkflow"]): Promise<Desk> {
  const bookings = new TestSource<Booking>("bookings");
  const passed = new TestSink<Booking>("passed");
  const harness = new JobHarness((env) => {
    describe(env.fromSource(bookings, watermarksByHand(), "bookings")).sinkTo(passed);
  }, { clock: new ManualClock(NOON), idleMs: Number.POSITIVE_INFINITY });
  return new Desk(await harness.start(), bookings, passed);
}
