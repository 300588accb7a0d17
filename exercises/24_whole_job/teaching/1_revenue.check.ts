import { Time } from "@stream-apps/deno";
import { TestSink } from "@stream-apps/deno/testing";
import { type Check, compare, wrong } from "../../../src/cli/learn/checks.ts";
import { type LiveRecord, LiveRun, NOON } from "../../../src/cli/learn/time/live_run.ts";
import type * as solution from "./1_revenue.solution.ts";

type Booking = solution.Booking;
type Workflow = (typeof solution)["defineWorkflow"];

export const checks: Check<typeof solution>[] = [
  {
    hidden: true,
    shows: "an airline's bookings of a minute are counted and added up",
    async run({ defineWorkflow }) {
      await using office = await open(defineWorkflow);
      await office.comes(
        booking("A1", "sky", 100, 5),
        booking("A2", "sky", 250, 30),
        booking("B1", "sun", 70, 40, 1),
        booking("A3", "sky", 10, 65),
        booking("C1", "moon", 1, 80, 2),
        ...everywhere(150),
      );
      compare(office.results(), {
        expected: ["sky 12:00 2 350", "sun 12:00 1 70", "sky 12:01 1 10", "moon 12:01 1 1"],
        mistakes: [
          [[], "By 12:02:30 accounting has no result of 12:00, though all partitions have gone on."],
          [
            ["sky 12:00 1 350", "sun 12:00 1 70", "sky 12:01 1 10", "moon 12:01 1 1"],
            "Two bookings of one airline were counted as one.",
          ],
          [
            ["sky 12:00 1 100", "sky 12:00 1 250", "sun 12:00 1 70", "sky 12:01 1 10", "moon 12:01 1 1"],
            "Each booking has a result of its own.",
          ],
        ],
        meaning: "Accounting expects other results for the airlines' minutes (airline, minute, bookings, cents).",
      });
    },
  },
  {
    hidden: true,
    shows: "bookings come up to ten seconds out of order and count; a result waits no longer for them",
    async run({ defineWorkflow }) {
      await using office = await open(defineWorkflow);
      await office.comes(booking("A1", "sky", 100, 50), ...everywhere(69.999), {
        ...booking("A2", "sky", 250, 59.999),
        comesAt: 69.999,
      });
      if (office.late() > 0) {
        wrong(
          "A booking of 12:00:59.999 came ten seconds behind another, and was too late for its minute.",
          office.picture("Ten seconds out of order"),
        );
      }
      await office.comes(...everywhere(70));
      const before = office.results();
      if (before.includes("sky 12:00 2 350")) return;
      await office.comes(...everywhere(200));
      wrong(
        "With a booking of 12:01:10 in each partition no booking of 12:00 can be on its way, and accounting had no result yet.",
        office.picture("When is 12:00 complete?"),
      );
    },
  },
  {
    hidden: true,
    shows: "a booking that comes later changes no result, and is in the stream of late ones",
    async run({ defineWorkflow }) {
      await using office = await open(defineWorkflow);
      await office.comes(booking("A1", "sky", 100, 50), ...everywhere(75));
      const sent = office.results();
      await office.comes({ ...booking("A2", "sky", 250, 55), comesAt: 76 }, ...everywhere(140));
      const again = office.results().filter((result) => result.startsWith("sky 12:00"));
      if (again.length > 1) {
        wrong("A late booking has changed the result of 12:00, which accounting had already.", again);
      }
      if (!sent.includes("sky 12:00 1 100")) wrong("The result of 12:00 was not there at 12:01:15.", sent);
      compare(office.lateOnes(), {
        expected: ["A2"],
        mistakes: [
          [
            [],
            office.dead() > 0
              ? "A late booking has become a dead letter, and is not in the stream of late ones."
              : "A late booking has vanished: it is in no result, and not among the late ones.",
          ],
        ],
        meaning: "The late ones are others than A2.",
      });
    },
  },
  {
    hidden: true,
    shows: "a booking that is sent twice within the hour counts once, also where the second comes in another minute",
    async run({ defineWorkflow }) {
      await using office = await open(defineWorkflow);
      await office.comes(
        booking("A1", "sky", 100, 5),
        booking("A1", "sky", 100, 6, 1),
        booking("A2", "sky", 100, 7),
        booking("A1", "sky", 100, 65),
        ...everywhere(131),
      );
      compare(office.results().filter((result) => result.startsWith("sky")), {
        expected: ["sky 12:00 2 200"],
        mistakes: [
          [["sky 12:00 3 300", "sky 12:01 1 100"], "A1 was sent three times and paid once, and counts three times."],
          [["sky 12:00 2 200", "sky 12:01 1 100"], "A1 was sent again a minute later, and counts again."],
          [["sky 12:00 1 100"], "A2 was left out, which is not A1 but costs the same."],
          [["sky 12:00 1 100", "sky 12:01 1 100"], "Only one booking of a minute counts."],
        ],
        meaning: "A1 was sent three times and A2 once, 100 cents each: these are not the sums of it.",
      });
    },
  },
  {
    hidden: true,
    shows: "what is remembered for that is forgotten after an hour",
    async run({ defineWorkflow }) {
      await using office = await open(defineWorkflow);
      await office.comes(booking("OLD", "sky", 100, 5));
      office.job.harness.clock.nowMs = NOON + Time.hours(2);
      // Event time goes on as well: both are good reasons to forget.
      await office.comes(...everywhere(2 * 3_600));
      await office.job.harness.commit();
      const kept = [...office.job.harness.store.entries].filter(([name]) => name.includes('"OLD"'));
      if (kept.length > 0) {
        wrong("Two hours later the job still remembers the reference, and so every reference that there ever was.", [
          ...kept.map(([name, value]) => `${name}: ${value}`),
        ]);
      }
    },
  },
  {
    hidden: true,
    shows: "a price that is not above zero counts nowhere, and is found among the dead letters",
    async run({ defineWorkflow }) {
      await using office = await open(defineWorkflow);
      await office.comes(booking("A1", "sky", 100, 5), booking("A2", "sky", -30, 6), booking("A3", "sky", 0, 7));
      const dead = office.dead();
      // It has been mended, and is sent again.
      await office.comes(booking("A2", "sky", 30, 8), ...everywhere(131));
      compare(office.results().filter((result) => result.startsWith("sky")), {
        expected: ["sky 12:00 2 130"],
        mistakes: [
          [
            ["sky 12:00 3 70"],
            "A booking of −30 cents and one of 0 count; the sum is too small, and nobody will notice.",
          ],
          [["sky 12:00 2 100"], "A free booking counts, and when A2 came again with its right price it did not."],
          [
            ["sky 12:00 1 100"],
            "A2 came again with its right price, and did not count: its bad message had been remembered as the first.",
          ],
          [["sky 12:00 3 130"], "A booking of 0 cents counts as one."],
        ],
        meaning: "A1 costs 100, A2 at last 30, and A3 nothing, which is an error: these are not the sums of it.",
      });
      if (dead !== 2) {
        wrong(`Two bookings had a bad price, and ${dead} can be found: the others were dropped without a trace.`);
      }
    },
  },
  {
    hidden: true,
    shows: "a partition that is silent for half a minute holds up nobody",
    async run({ defineWorkflow }) {
      await using office = await open(defineWorkflow);
      const at = (
        second: number,
      ) => [booking(`S${second}`, "sky", 1, second), booking(`T${second}`, "sun", 1, second, 1)];
      await office.comes(...at(5), booking("M", "moon", 1, 50, 2), ...at(60), ...at(75));
      await office.job.until(79.9);
      if (office.job.firedAt !== undefined) {
        wrong(
          `After ${
            office.job.firedAt - 50
          } seconds of silence partition 2 was not waited for any longer: that is too soon.`,
          office.picture("Partition 2 is silent since 12:00:50"),
        );
      }
      await office.job.until(81);
      if (office.results().includes("sky 12:00 1 1")) return;
      wrong(
        "Partition 2 has been silent for half a minute, and accounting still waits for what the others have sent.",
        office.picture("Partition 2 is silent since 12:00:50"),
      );
    },
  },
  {
    hidden: true,
    shows: "killed in the middle of a minute, the job has the same sums",
    async run({ defineWorkflow }) {
      await using office = await open(defineWorkflow);
      const { harness } = office.job;
      await office.comes(booking("A1", "sky", 100, 5));
      await harness.commit();
      await office.comes(booking("A2", "sky", 20, 6));
      await harness.restart();
      await office.comes(booking("A1", "sky", 100, 7), booking("A3", "sky", 3, 8), ...everywhere(131));
      await harness.commit();
      compare(office.results().filter((result) => result.startsWith("sky")), {
        expected: ["sky 12:00 3 123"],
        mistakes: [
          [
            ["sky 12:00 4 223"],
            "After a crash a booking that was sent twice counts twice: what was remembered of the first is gone.",
          ],
        ],
        meaning: "The job was killed and started again, and its sums are others than without that.",
      });
    },
  },
  {
    hidden: true,
    shows: "a booking's second message does not count either when the job has been down for two hours in between",
    async run({ defineWorkflow }) {
      await using office = await open(defineWorkflow);
      const { harness } = office.job;
      await office.comes(booking("A1", "sky", 100, 5));
      await harness.commit();
      harness.clock.nowMs = NOON + Time.hours(2);
      await harness.restart();
      await office.comes(booking("A1", "sky", 100, 7), booking("A2", "sky", 3, 8), ...everywhere(131));
      const found = office.results().filter((result) => result.startsWith("sky"));
      if (!found.includes("sky 12:00 3 203")) return;
      wrong(
        "A1 was sent again two seconds later. The job was down for two hours in between, and counts it twice: what is " +
          "remembered for an hour went by the machine's clock, and not by the bookings' times.",
        found,
      );
    },
  },
];

function booking(ref: string, airline: string, cents: number, second: number, partition = 0): LiveRecord<Booking> {
  return { value: { ref, airline, cents }, second, partition };
}

/** A booking of another airline in each partition, so that event time goes on. */
function everywhere(second: number): LiveRecord<Booking>[] {
  return [0, 1, 2].map((partition) => booking(`X${second}-${partition}`, "other", 1, second, partition));
}

class Office implements AsyncDisposable {
  constructor(
    readonly job: LiveRun<Booking>,
    readonly revenue: TestSink<solution.Revenue>,
    readonly lates: TestSink<Booking>,
  ) {}

  comes(...records: readonly LiveRecord<Booking>[]): Promise<void> {
    return this.job.comes(...records);
  }

  /** "sky 12:00 2 350", of real airlines, in the order of minutes. */
  results(): string[] {
    return this.revenue.values.filter(({ airline }) => airline !== "other")
      .toSorted((a, b) => a.minuteMs - b.minuteMs || b.bookings - a.bookings || b.cents - a.cents)
      .map(({ airline, minuteMs, bookings, cents }) => `${airline} ${timeOf(minuteMs)} ${bookings} ${cents}`);
  }

  lateOnes(): string[] {
    return this.lates.values.map(({ ref }) => ref);
  }

  late(): number {
    return this.job.harness.books().late;
  }

  dead(): number {
    return this.job.harness.deadLetters.length;
  }

  picture(title: string): string[] {
    return this.job.picture(title);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.job[Symbol.asyncDispose]();
  }
}

function timeOf(ms: number): string {
  return Number.isFinite(ms) ? new Date(ms).toISOString().slice(11, 16) : `${ms}`;
}

async function open(describe: Workflow): Promise<Office> {
  const revenue = new TestSink<solution.Revenue>("revenue");
  const late = new TestSink<Booking>("late");
  let isEmpty = false;
  const job = await LiveRun.start<Booking>((env, bookings) => {
    try {
      const streams = describe(env, bookings);
      streams.revenue.sinkTo(revenue);
      streams.late.sinkTo(late);
    } catch (error) {
      if (!(error instanceof Error) || error.message !== "nothing is here yet") throw error;
      isEmpty = true;
    }
  }, { partitions: 3, label: ({ ref }) => ref }).catch((error) => {
    if (isEmpty) wrong("Accounting has no result: nothing is here yet.");
    throw error;
  });
  return new Office(job, revenue, late);
}
