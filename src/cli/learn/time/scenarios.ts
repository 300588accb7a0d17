import { Time } from "../../../engine/mod.ts";
import type { Arrival, JobSettings } from "./event_time_job.ts";

/** Records that show one thing about event time. */
export interface Scenario {
  /** For the command line. */
  readonly name: string;
  /** Above the picture. */
  readonly title: string;
  readonly arrivals: readonly Arrival[];
  /** Settings other than the defaults. */
  readonly settings: Partial<JobSettings>;
}

/** The built-in ones, each with one new idea, in the order in which to see them. */
export const SCENARIOS: readonly Scenario[] = [
  {
    name: "in-order",
    title: "In order: the watermark follows the newest time, and windows fire",
    arrivals: [
      at("12:00:01 anna"),
      at("12:00:04 ben"),
      at("12:00:07 anna"),
      at("12:00:12 cleo"),
      at("12:00:18 anna"),
      at("12:00:25 ben"),
    ],
    settings: {},
  },
  {
    name: "out-of-order",
    title: "Out of order: how late may a record be? Change out-of-orderness and see",
    arrivals: [
      at("12:00:02 anna"),
      at("12:00:08 ben"),
      at("12:00:05 anna"),
      at("12:00:13 cleo"),
      at("12:00:09 ben"),
      at("12:00:16 anna"),
      at("12:00:24 ben"),
    ],
    settings: { outOfOrdernessMs: Time.seconds(5) },
  },
  {
    name: "late",
    title: "A late record: its window has fired before it came",
    arrivals: [
      at("12:00:03 anna"),
      at("12:00:08 ben"),
      at("12:00:12 cleo"),
      at("12:00:07 anna"),
      at("12:00:15 ben"),
      at("12:00:22 cleo"),
    ],
    settings: {},
  },
  {
    name: "lateness",
    title: "Allowed lateness: the window fires in time, and once more for the late record",
    arrivals: [
      at("12:00:03 anna"),
      at("12:00:08 ben"),
      at("12:00:12 cleo"),
      at("12:00:07 anna"),
      at("12:00:16 ben"),
      at("12:00:04 cleo"),
      at("12:00:22 cleo"),
    ],
    settings: { allowedLatenessMs: Time.seconds(5) },
  },
  {
    name: "idle",
    title: "One idle partition: all others wait for it, until it has been silent for long enough",
    arrivals: [
      at("12:00:02 anna"),
      at("12:00:04 ben", 1),
      at("12:00:09 anna"),
      at("12:00:14 anna"),
      at("12:00:23 anna"),
      at("12:00:27 anna"),
      { waitMs: Time.seconds(10) },
      at("12:00:38 anna"),
      at("12:00:16 ben", 1),
      at("12:00:41 ben", 1),
      at("12:00:46 anna"),
    ],
    settings: { partitions: 2, idleMs: Time.seconds(30) },
  },
  {
    name: "future",
    title: "A record from the future: one wrong clock must not make all others late",
    arrivals: [
      at("12:00:02 anna"),
      at("12:00:06 ben"),
      at("23:59:00 eva"),
      at("12:00:09 anna"),
      at("12:00:14 ben"),
      at("12:00:21 anna"),
    ],
    settings: {},
  },
];

function at(text: string, partition = 0): Arrival {
  const [time, key] = text.split(" ") as [string, string];
  return { key, timeMs: Date.parse(`2026-03-01T${time}Z`), partition };
}
