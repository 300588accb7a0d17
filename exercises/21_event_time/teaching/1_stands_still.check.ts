import { Time, type WatermarkStrategy } from "@stream-apps/deno";
import { TestSink } from "@stream-apps/deno/testing";
import { TumblingEventTimeWindows } from "@stream-apps/deno/windows";
import { type Check, wrong } from "../../../src/cli/learn/checks.ts";
import { type LiveRecord, LiveRun } from "../../../src/cli/learn/time/live_run.ts";
import type * as solution from "./1_stands_still.solution.ts";

type Booking = solution.Booking;

export const checks: Check<typeof solution>[] = [
  {
    shows: "the partition that holds the watermark is found",
    async run({ HOLDS, watermarks }) {
      await using job = await start(watermarks);
      await job.comes(...ONE_IS_SILENT);
      if (HOLDS === 1) return;
      wrong(
        HOLDS === 0 || HOLDS === 2
          ? `Partition ${HOLDS} has come to 12:00:${
            HOLDS === 0 ? 12 : 21
          }, and others wait. The watermark is where the shortest ` +
            "line ends."
          : "Nothing has come out of the job. For which of its three partitions does it wait?",
        job.riddle("21 seconds, and no window has fired"),
      );
    },
  },
  {
    shows: "while all partitions send, windows fire as soon as all have passed their ends",
    async run({ watermarks }) {
      await using job = await start(watermarks);
      const times = [1, 2, 3, 11, 12, 13, 21, 22, 23];
      await job.comes(...times.map((second, i) => booking(second, i % 3)));
      const fired = new Set(job.run.frames.flatMap(({ fired }) => fired.map(({ lastMs }) => lastMs))).size;
      if (fired === 2 && job.harness.books().late === 0 && job.firedAt === 13) return;
      const picture = job.picture("Each partition sends every ten seconds");
      if (fired === 0) {
        wrong(
          "All partitions have passed 12:00:20, and no window has fired: this strategy makes no watermarks.",
          picture,
        );
      }
      if (job.firedAt! < 13) {
        wrong(
          "A window fired before all partitions had passed its end. No partition was silent for more than ten seconds here, and " +
            "yet some were not waited for. Has the idleness become ms instead of seconds?",
          picture,
        );
      }
      wrong(
        "The watermark stays behind the newest time, so results come later than they could. Times ascend in each partition.",
        picture,
      );
    },
  },
  {
    shows: "a partition that is silent for 15 seconds is waited for, and its booking counts",
    async run({ watermarks }) {
      await using job = await start(watermarks);
      await job.comes(booking(1, 0), booking(2, 1), booking(3, 2), booking(12, 0), booking(14, 2));
      await job.comes({ ...booking(5, 1), comesAt: 17 });
      if (job.harness.books().late === 0) return;
      wrong(
        "After 15 seconds of silence partition 1 was not waited for any longer, and so its booking of 12:00:05 was late. It may " +
          "be silent for 20 seconds.",
        job.picture("A booking of 12:00:05 comes at 12:00:17"),
      );
    },
  },
  {
    shows: "after 20 seconds of silence nobody waits for it: the results come",
    async run({ watermarks }) {
      await using job = await start(watermarks);
      await job.comes(...ONE_IS_SILENT);
      await job.until(65);
      const silentFor = job.firedAt === undefined ? undefined : job.firedAt - 2;
      if (silentFor === 20) return;
      const picture = job.picture("Partition 1 is silent since 12:00:02");
      if (silentFor === undefined) {
        wrong("Partition 1 has been silent for more than a minute, and is still waited for.", picture);
      }
      wrong(
        silentFor === 60
          ? "The results came when partition 1 had been silent for a minute: so long a job waits if its strategy does not say how " +
            "long. 20 seconds were asked for."
          : `The results came when partition 1 had been silent for ${silentFor} seconds. 20 were asked for.`,
        picture,
      );
    },
  },
];

/** A booking that comes when it is made. */
function booking(second: number, partition: number): LiveRecord<Booking> {
  return { value: { who: ["anna", "ben", "cleo"][partition]!, flights: 1 }, second, partition };
}

/** Partition 1 has one booking only. */
const ONE_IS_SILENT = [booking(1, 0), booking(2, 1), booking(3, 2), booking(12, 0), booking(14, 2), booking(21, 2)];

function start(watermarks: () => WatermarkStrategy<Booking>): Promise<LiveRun<Booking>> {
  const counts = new TestSink<Booking>("counts");
  return LiveRun.start<Booking>((env, bookings) => {
    env.fromSource(bookings, watermarks(), "bookings").keyBy(({ who }) => who)
      .window(TumblingEventTimeWindows.of(Time.seconds(10))).sum("flights").name("counts").sinkTo(counts);
  }, { partitions: 3 });
}
