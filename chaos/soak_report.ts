/** The report of a soak: memory and descriptors at the beginning, in the middle and at the end, and what is wrong with them. */
import { formatCount } from "../src/utils.ts";
import type { Resources } from "./resources.ts";
import type { JobSoak, SoakResult } from "./soak.ts";
import type { Sample } from "./soak_job.ts";
import { comparableAge } from "./soak_schedule.ts";
import type { Checkpoint } from "./soak_state.ts";
import { aligned, times } from "./table.ts";

/** How much more memory there may be at the end than in the middle, as a factor. */
const MOST_GROWTH = 1.1;
/** Ten minutes of event time. In less, a heap is still growing to its normal size in the middle. */
const JUDGED_FROM_RECORDS = 3_000_000;
/** Half a minute of event time. Of younger lives of s20 some have closed a window, which takes memory, and some have not. */
const JUDGED_FROM_AGE_RECORDS = 150_000;
/** With fewer than six lives a third of them is a single one, whose memory is accidental. */
const JUDGED_FROM_KILLS = 5;

/** One figure over the course of a soak, as medians; undefined where nothing was measured. */
export interface Course {
  readonly what: string;
  readonly begin: number | undefined;
  readonly middle: number | undefined;
  readonly end: number | undefined;
}

/** The resources of a job's processes. */
export interface JobCourses {
  /** Resident memory of lives at the same age, for each third of them. */
  readonly memory: Course;
  /** The peak memory of lives, for each third of them. */
  readonly peak: Course;
  /** Resident memory within the longest life: a fifth at its beginning, its middle and its end. */
  readonly longMemory: Course;
  readonly descriptors: Course;
  readonly longDescriptors: Course;
  readonly sockets: Course;
  readonly longSockets: Course;
}

export function coursesOf({ samples, kills }: JobSoak, records: number): JobCourses {
  const age = comparableAge(records, kills);
  const lives = [...Map.groupBy(samples, ({ life }) => life).values()];
  // Many measurements of each life: a single one may lie just before a garbage collection, or just after.
  const settled = lives.map((life) => life.filter((sample) => sample.age >= age && sample.age < 2 * age));
  const last = lives.map((life) => life.slice(-1).filter((sample) => sample.age >= age));
  const longest = lives.reduce<Sample[]>((most, life) => life.length > most.length ? life : most, [])
    .filter((sample) => sample.age >= age).map((sample) => [sample]);
  const at = `${formatCount(Math.round(age))} records and more after a start`;
  const course = (what: string, from: readonly Sample[][], parts: number, name: keyof Resources): Course => {
    const looked = from.filter(({ length }) => length > 0);
    const [begin, middle, end] = parted(looked, parts).map((some) => median(some.flat().map((sample) => sample[name])));
    return { what, begin, middle, end };
  };
  return {
    memory: course(`memory, ${at}`, settled, 3, "residentBytes"),
    peak: course("memory, the most of a life", last, 3, "peakBytes"),
    longMemory: course("memory, within the longest life", longest, 5, "residentBytes"),
    descriptors: course(`descriptors, ${at}`, settled, 3, "descriptors"),
    longDescriptors: course("descriptors, within the longest life", longest, 5, "descriptors"),
    sockets: course("sockets of these", settled, 3, "sockets"),
    longSockets: course("sockets of these", longest, 5, "sockets"),
  };
}

/** A sentence for each thing that is wrong; empty if all is well. */
export function complaintsOf({ jobs, records }: SoakResult): string[] {
  return jobs.flatMap((job) => {
    const { lesson, lost, doubled, altered } = job;
    const areComparable = job.kills >= JUDGED_FROM_KILLS &&
      comparableAge(records, job.kills) >= JUDGED_FROM_AGE_RECORDS;
    const { memory, longMemory, descriptors, longDescriptors, sockets, longSockets } = coursesOf(job, records);
    return [
      ...(lost + doubled + altered > 0
        ? [`${lesson}: ${lost} records lost, ${doubled} doubled, ${altered} with other content`]
        : []),
      ...(records < JUDGED_FROM_RECORDS ? [] : areComparable ? [memory, longMemory] : [longMemory])
        .filter(({ middle = 0, end = 0 }) => end > middle * MOST_GROWTH)
        .map(({ what, middle, end }) =>
          `${lesson}: ${what}: ${megabytes(end!)} at the end, ${megabytes(middle!)} in the middle`
        ),
      ...[descriptors, longDescriptors, sockets, longSockets].filter(({ middle = 0, end = 0 }) => end > middle)
        .map(({ what, middle, end }) => `${lesson}: ${what}: ${end} at the end, ${middle} in the middle`),
    ];
  });
}

/** The whole report as text. */
export function soakText(result: SoakResult): string {
  return [
    aligned([
      ["job", "", "beginning", "middle", "end", "end:middle"],
      ...result.jobs.flatMap((job) => courseRows(job, result.records)),
    ], (column) => column < 2),
    aligned([
      ["sent", "s16 entries", "KB", "s20 entries", "KB", "on disk"],
      ...result.checkpoints.map(checkpointRow),
    ], () => false),
    result.jobs.map(({ lesson, state }) => `${lesson} keeps at most: ${state}`).join("\n"),
    aligned([
      ["job", "kills", "records", "lost", "doubled", "altered", "back after"],
      ...result.jobs.map(({ lesson, kills, expected, lost, doubled, altered, backMs }) => [
        lesson,
        ...[kills, expected, lost, doubled, altered].map(formatCount),
        times(backMs),
      ]),
    ], (column) => column === 0 || column === 6),
  ].join("\n\n");
}

function courseRows(job: JobSoak, records: number): string[][] {
  const courses = coursesOf(job, records);
  const row = ({ what, begin, middle, end }: Course, format: (figure: number) => string) => [
    job.lesson,
    what,
    ...[begin, middle, end].map((figure) => figure === undefined ? "?" : format(figure)),
    middle === undefined || end === undefined || middle === 0 ? "" : (end / middle).toFixed(2),
  ];
  const { memory, longMemory, peak, ...counts } = courses;
  return [
    ...[memory, longMemory, peak].map((course) => row(course, megabytes)),
    ...Object.values(counts).map((course) => row(course, String)),
  ];
}

function checkpointRow({ progress, commits: { s16, s20 }, diskBytes }: Checkpoint): string[] {
  const kilobytes = (bytes: number) => formatCount(Math.round(bytes / 1024));
  return [
    `${Math.round(progress * 100)} %`,
    formatCount(s16.entries),
    kilobytes(s16.bytes),
    formatCount(s20.entries),
    kilobytes(s20.bytes),
    diskBytes === undefined ? "?" : `${(diskBytes / 2 ** 30).toFixed(2)} GB`,
  ];
}

/** The first, the middle and the last of `parts` parts of `items`, each with at least one item. */
function parted<T>(items: readonly T[], parts: number): T[][] {
  const { length } = items;
  const size = Math.max(1, Math.round(length / parts));
  const middle = Math.max(0, Math.floor((length - size) / 2));
  return [items.slice(0, size), items.slice(middle, middle + size), items.slice(Math.max(0, length - size))];
}

/** The median, the upper one of two; undefined without figures. */
function median(figures: readonly number[]): number | undefined {
  return figures.toSorted((a, b) => a - b)[figures.length >> 1];
}

function megabytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(0)} MB`;
}
