/** The table of one job: ours beside loops written by hand and other engines, each with its guarantee. */
import type { RunFigures } from "../measured_run.ts";
import { type Measurement, median, range, ratios } from "../measurement.ts";
import type { Row, Section, Target } from "../report.ts";
import type { Job, System } from "../systems.ts";

/** All runs of one system, in the order of the rounds. */
export interface Runs {
  readonly system: System;
  readonly inputs: number;
  readonly figures: readonly RunFigures[];
}

export const ON_KAFKA = "ours";
export const ON_EMBEDDED_LOG = "ours, embedded log";

/** Over Kafka, to the loops: the Go loop is what a team would write, the Rust loop on the bare protocol the least possible. */
const TO_LOOPS: Readonly<Record<Job, Readonly<Record<string, Target>>>> = {
  s16: { "go-loop": { atMost: 1.6 } },
  s20: { "go-loop": { atMost: 2 } },
};
const BROKER_TO_LOOPS: Readonly<Record<Job, Readonly<Record<string, Target>>>> = {
  s16: { "rust-by-hand": { atMost: 1.3 } },
  s20: { "rust-by-hand": { atMost: 2 } },
};
const TO_FASTEST_ENGINE: Readonly<Record<Job, Target>> = { s16: { atLeast: 3 }, s20: { atLeast: 4 } };

/** What one run of a system says; undefined where it was not measured. */
export type Figure = (runs: Runs) => readonly number[] | undefined;

export const RATE: Figure = ({ system, inputs, figures }) => figures.map((run) => inputs / system.jobS(run));
export const CPU: Figure = ({ inputs, figures }) => perMillion(inputs, figures.map(({ cpuS }) => cpuS));
export const BROKER_CPU: Figure = ({ inputs, figures }) =>
  perMillion(inputs, figures.map(({ brokerCpuS }) => brokerCpuS));
export const PEAK_MB: Figure = ({ figures }) =>
  known(figures.map(({ peakBytes }) => peakBytes))?.map((bytes) => bytes / 1e6);
const FIRST_S: Figure = ({ figures }) => figures.map(({ startToFirstOutputS }) => startToFirstOutputS);

export function jobSection(job: Job, all: readonly Runs[]): Section {
  const onKafka = all.find(({ system }) => system.name === ON_KAFKA);
  const onEmbeddedLog = all.find(({ system }) => system.name === ON_EMBEDDED_LOG);
  const loops = all.filter(({ system }) => system.kind === "loop");
  const engines = all.filter(({ system }) => system.kind === "engine");
  const rows: Row[] = [];
  if (onKafka !== undefined) {
    for (const loop of loops) {
      const what = `ours to ${loop.system.name}, processor time`;
      rows.push(...ratioRow({ what, target: TO_LOOPS[job][loop.system.name] }, CPU, [onKafka, loop]));
    }
    for (const loop of loops) {
      const what = `ours to ${loop.system.name}, the broker's processor time`;
      rows.push(...ratioRow({ what, target: BROKER_TO_LOOPS[job][loop.system.name] }, BROKER_CPU, [onKafka, loop]));
    }
    rows.push(...engineRows(job, onKafka, engines));
  }
  if (onKafka !== undefined && onEmbeddedLog !== undefined) {
    const what = "ours over the embedded log to ours over Kafka";
    rows.push(...ratioRow({ what, target: { atLeast: 1.2 } }, RATE, [onEmbeddedLog, onKafka]));
  }
  rows.push(
    ...eachRow(all, "records/s", RATE),
    ...eachRow(all, "s per million records", CPU, "processor time"),
    ...eachRow(all, "s per million records", BROKER_CPU, "the broker's processor time"),
    ...eachRow(all, "MB", PEAK_MB, "peak resident memory").map((row) =>
      row.what.startsWith("ours") ? { ...row, target: { atMost: 160 } } : row
    ),
    ...eachRow(all, "s", FIRST_S, "start to first output of this run"),
  );
  return { title: `${job}, ours exactly once, others as named`, rows, notes: notesOf(job, all) };
}

/** Ours to the fastest and to the most frugal of the engines; each row names the set that these were chosen from. */
function engineRows(job: Job, onKafka: Runs, engines: readonly Runs[]): Row[] {
  if (engines.length === 0) return [];
  const set = engines.map(({ system }) => titleOf(system)).join(", ");
  const [fastest] = engines.toSorted((a, b) => median(RATE(b)!) - median(RATE(a)!)) as [Runs];
  const rows = ratioRow(
    { what: `ours to ${titleOf(fastest.system)}, the fastest of ${set}`, target: TO_FASTEST_ENGINE[job] },
    RATE,
    [onKafka, fastest],
  );
  if (CPU(onKafka) === undefined) return rows;
  const [frugal] = engines.toSorted((a, b) => median(CPU(a)!) - median(CPU(b)!)) as [Runs];
  return [
    ...rows,
    ...ratioRow(
      { what: `ours to ${titleOf(frugal.system)}, the most frugal of these, processor time`, target: { atMost: 0.5 } },
      CPU,
      [onKafka, frugal],
    ),
  ];
}

function ratioRow(
  { what, target }: { readonly what: string; readonly target: Target | undefined },
  figure: Figure,
  [one, other]: readonly [Runs, Runs],
): Row[] {
  const [values, others] = [figure(one), figure(other)];
  if (values === undefined || others === undefined) return [];
  return [{ what, unit: "×", measured: ratios(values, others), ...target !== undefined && { target } }];
}

function eachRow(all: readonly Runs[], unit: string, figure: Figure, what?: string): Row[] {
  return all.flatMap((runs): Row[] => {
    const values = figure(runs);
    if (values === undefined) return [];
    const measured: Measurement = range(values);
    return [{ what: what === undefined ? titleOf(runs.system) : `${titleOf(runs.system)}, ${what}`, unit, measured }];
  });
}

/** "java-flink (at least once)"; ours runs exactly once, as the section's title says. */
function titleOf({ name, kind, guarantee }: System): string {
  return kind === "ours" ? name : `${name} (${guarantee})`;
}

function perMillion(inputs: number, seconds: readonly (number | null)[]): readonly number[] | undefined {
  return known(seconds)?.map((each) => each / inputs * 1e6);
}

/** Undefined if one is missing. */
function known(values: readonly (number | null)[]): readonly number[] | undefined {
  return values.every((value) => value !== null) ? values : undefined;
}

function notesOf(job: Job, all: readonly Runs[]): string[] {
  if (all.length === 0) return [];
  const records = all[0]!.inputs.toLocaleString("en-US");
  const data = job === "s16"
    ? `${records} bookings, half of each airline, of 1,000 travellers and one hour; a quarter of the flights has landed.`
    : `${records} flights of 1,000 travellers and one hour, in the order of time: what s16 makes of its bookings.`;
  const notes = [
    `${data} 5 partitions. Ours: \`deno task ${job} --from earliest --bounded\`, records in by the time from the start of the ` +
    "process to its exit. Every run's output was compared with the plain computation, record by record.",
  ];
  if (all.some(({ system }) => system.kind === "loop")) {
    notes.push(
      "Loops: the job written by hand, without an engine, a commit a second, counted like ours: `go-loop` on franz-go, " +
        "`rust-loop` on librdkafka, `rust-by-hand` on Kafka's bare protocol, which is the least that the work can cost.",
    );
  }
  if (all.some(({ system }) => system.kind === "engine")) {
    notes.push(
      "Engines: records in by the time that they report themselves, without the start of their process; see " +
        "`bench/peers/README.md`. One that is less than half as fast as another one in two rounds is not run in more.",
    );
  }
  return notes;
}
