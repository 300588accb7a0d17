import { Time } from "@stream-apps/deno";
import { ManualClock, TestSink, TestSource, watermarksByHand } from "@stream-apps/deno/testing";
import { type Check, wrong } from "../../../src/cli/learn/checks.ts";
import { NOON } from "../../../src/cli/learn/time/live_run.ts";
import { plainPicture } from "../../../src/cli/learn/time/picture.ts";
import { WatchedHarness } from "../../../src/cli/learn/time/watched_harness.ts";
import type * as solution from "./1_reminder.solution.ts";

type BookingEvent = solution.BookingEvent;

export const checks: Check<typeof solution>[] = [
  {
    shows: "a booking of 12:00 that nobody pays for is reminded when event time comes to 12:15",
    async run({ defineWorkflow }) {
      await using office = await open(defineWorkflow);
      await office.event("SKY1", "booked", 0);
      if (office.reminded.length > 0) wrong("SKY1 was reminded the moment it was booked.");
      await office.eventTime(14.999);
      if (office.reminded.length > 0) {
        wrong("SKY1 was reminded before its 15 minutes were over.", office.picture("Booked at 12:00"));
      }
      await office.eventTime(15);
      const { reminded } = office;
      if (reminded.length === 0) {
        const picture = office.picture("Booked at 12:00, and not paid");
        await office.harness.advanceClock(Time.hours(1));
        if (office.reminded.length > 0) {
          wrong(
            "The reminder came when the machine's clock had moved, not event time: it was a timer of the other kind.",
            picture,
          );
        }
        await office.eventTime(60);
        wrong(
          office.reminded.length > 0
            ? "Event time has come to 12:15, and SKY1 was not reminded until later."
            : office.timersSet > 0
            ? "Event time has come to 12:15, the timer fired, and nothing was emitted."
            : "Event time has come to 12:15, and nothing happened: no timer has been registered.",
          picture,
        );
      }
      if (reminded.length > 1) wrong("SKY1 was reminded twice.", reminded);
      if (reminded[0] !== "SKY1") {
        wrong(`What was emitted is ${JSON.stringify(reminded[0])}, and not the booking's reference, SKY1.`);
      }
    },
  },
  {
    shows: "one that is paid in time is not",
    async run({ defineWorkflow }) {
      await using office = await open(defineWorkflow);
      await office.event("SKY1", "booked", 0);
      await office.event("SKY1", "paid", 10);
      await office.eventTime(15);
      if (office.reminded.length > 0) {
        wrong(
          "SKY1 was paid at 12:10, and reminded at 12:15: its timer was still there.",
          office.picture("Paid at 12:10"),
        );
      }
      await office.eventTime(60);
      if (office.reminded.length > 0) {
        wrong(
          "SKY1 was paid, and reminded 15 minutes after that: the payment has set a timer, too.",
          office.picture("Paid at 12:10"),
        );
      }
    },
  },
  {
    shows: "a payment exactly 15 minutes after the booking is in time",
    async run({ defineWorkflow }) {
      await using office = await open(defineWorkflow);
      await office.event("SKY1", "booked", 0);
      await office.event("SKY1", "paid", 15);
      await office.eventTime(15);
      if (office.reminded.length === 0) return;
      wrong("SKY1 was paid at 12:15:00.000, which is in time, and was reminded.", office.picture("Paid at 12:15"));
    },
  },
  {
    shows: "each booking has a timer of its own",
    async run({ defineWorkflow }) {
      await using office = await open(defineWorkflow);
      await office.event("SKY1", "booked", 0);
      await office.event("SUN2", "booked", 5);
      await office.event("SKY3", "booked", 6);
      await office.event("SUN2", "paid", 7);
      await office.eventTime(30);
      const found = office.reminded.join(" ");
      if (found === "SKY1 SKY3") return;
      wrong(
        found.includes("SUN2")
          ? "SUN2 was paid, and reminded all the same: the time of its timer is kept in something that all bookings share."
          : `SKY1 and SKY3 were not paid; reminded were: ${found || "none of them"}.`,
        office.picture("SUN2 is paid at 12:07"),
      );
    },
  },
  {
    shows: "after a crash the reminder still comes",
    async run({ defineWorkflow }) {
      await using office = await open(defineWorkflow);
      await office.event("SKY1", "booked", 0);
      await office.event("SUN2", "booked", 0);
      await office.harness.commit();
      await office.harness.restart();
      await office.event("SUN2", "paid", 10);
      await office.eventTime(15);
      if (office.reminded.join(" ") === "SKY1") return;
      wrong(
        office.reminded.includes("SUN2")
          ? "SUN2 was booked before a crash and paid after it, and was reminded: when its timer is due had been forgotten."
          : "The job crashed between booking and payment, and no reminder came.",
        office.picture("A crash at 12:00"),
      );
    },
  },
  {
    shows: "when a booking is settled, nothing of it remains",
    async run({ defineWorkflow }) {
      for (const settled of ["paid", "reminded"] as const) {
        await using office = await open(defineWorkflow);
        await office.event("SKY1", "booked", 0);
        if (settled === "paid") await office.event("SKY1", "paid", 1);
        const atOnce = settled === "paid" ? await office.kept("SKY1") : [];
        await office.eventTime(20);
        const left = await office.kept("SKY1");
        if (left.length > 0) {
          wrong(
            `SKY1 was ${settled}, and the job still keeps something for it. With each booking it grows, for as long as it runs.`,
            left,
          );
        }
        if (atOnce.length > 0) {
          wrong(
            "SKY1 was paid at 12:01, and its timer waits until 12:15 all the same. Were it booked again at 12:10, it would be " +
              "reminded five minutes later.",
            atOnce,
          );
        }
      }
    },
  },
];

class Office implements AsyncDisposable {
  constructor(
    readonly harness: WatchedHarness,
    readonly events: TestSource<BookingEvent>,
    readonly reminders: TestSink<string>,
  ) {}

  /** An event, minutes after noon. */
  async event(ref: string, kind: BookingEvent["kind"], minute: number): Promise<void> {
    await this.events.push({ ref, kind }, NOON + Time.minutes(minute));
  }

  /** What the job keeps for a booking. */
  async kept(ref: string): Promise<string[]> {
    await this.harness.commit();
    return [...this.harness.store.entries].filter(([name]) => name.includes(`"${ref}"`))
      .map(([name, value]) => `${name}: ${value}`);
  }

  async eventTime(minute: number): Promise<void> {
    await this.events.watermark(NOON + Time.minutes(minute));
  }

  get reminded(): string[] {
    return this.reminders.values;
  }

  get timersSet(): number {
    return this.harness.steps.filter(({ kind }) => kind === "timer").length;
  }

  picture(title: string): string[] {
    return plainPicture(this.harness.timeRun, { columns: 74, title });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.harness[Symbol.asyncDispose]();
  }
}

async function open(describe: (typeof solution)["defineWorkflow"]): Promise<Office> {
  const events = new TestSource<BookingEvent>("events");
  const reminders = new TestSink<string>("reminders");
  const harness = new WatchedHarness((env) => {
    describe(env.fromSource(events, watermarksByHand(), "events")).sinkTo(reminders);
  }, { clock: new ManualClock(NOON), idleMs: Number.POSITIVE_INFINITY });
  return new Office(await harness.start(), events, reminders);
}
