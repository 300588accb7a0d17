/** What is made of pairs of runs: ratios within a round, never of one round to another. */
import { assertEquals } from "@std/assert";
import type { Row } from "../../bench/report.ts";
import { jobSection, type Runs } from "../../bench/rows/jobs_table.ts";
import { pairRows } from "../../bench/rows/pairs.ts";
import type { System } from "../../bench/systems.ts";
import { madeUpFigures, madeUpSystem as system } from "./systems.ts";

const INPUTS = 1_000_000;

function runs(of: System, cpuS: readonly number[], brokerCpuS: number | null = null): Runs {
  return { system: of, inputs: INPUTS, figures: cpuS.map((each) => madeUpFigures(each, brokerCpuS)) };
}

function find(rows: readonly Row[], what: string): Row {
  const row = rows.find((one) => one.what === what);
  if (row === undefined) throw new Error(`There is no row "${what}" among: ${rows.map((one) => one.what).join("; ")}`);
  return row;
}

Deno.test("pairRows() has median, least and greatest of the ratios of each pair", () => {
  const rows = pairRows(runs(system("here"), [4, 6, 9]), runs(system("abc1234"), [5, 8, 10]));
  const { measured } = find(rows, "processor time, here to abc1234");
  assertEquals(measured, { median: 0.8, min: 0.75, max: 0.9, runs: 3 });
  assertEquals(find(rows, "throughput, here").measured.max, INPUTS / 8);
  assertEquals(rows.some(({ what }) => what.includes("broker")), false, "the broker's process is not known");
});

Deno.test("jobSection() begins with the processor time to loops, and names each system's guarantee", () => {
  const all = [
    runs(system("ours"), [4, 4, 4], 2),
    runs(system("ours, embedded log"), [2, 2, 2]),
    runs(system("quick", { kind: "engine", guarantee: "at least once" }), [8, 16, 12], 3),
    runs(system("slow", { kind: "engine" }), [30, 40, 50], 3),
    runs(system("go-loop", { kind: "loop" }), [2, 1, 4], 1),
  ];
  const { title, rows } = jobSection("s16", all);
  assertEquals(title, "s16, ours exactly once, others as named");
  assertEquals([rows[0]!.what, rows[0]!.measured.median], ["ours to go-loop, processor time", 2]);
  assertEquals(find(rows, "ours to go-loop, the broker's processor time").measured.median, 2);
  assertEquals(
    find(rows, "ours to quick (at least once), the fastest of quick (at least once), slow (exactly once)").measured,
    { median: 3, min: 2, max: 4, runs: 3 },
  );
  find(rows, "quick (at least once), processor time");
  find(rows, "go-loop (exactly once)");
});

Deno.test("jobSection() shows what there is when a system has failed, ours too", () => {
  const goLoop = runs(system("go-loop", { kind: "loop" }), [2], 1);
  const { rows } = jobSection("s20", [runs(system("ours"), [4], 2), goLoop]);
  assertEquals(find(rows, "ours to go-loop, processor time").measured.median, 2);
  find(jobSection("s20", [goLoop]).rows, "go-loop (exactly once), processor time");
  assertEquals(jobSection("s20", []).rows, []);
});

Deno.test("jobSection() compares the rounds that both systems have", () => {
  const slow = runs(system("slow", { kind: "engine" }), [8, 16]);
  const { measured } = find(
    jobSection("s16", [runs(system("ours"), [4, 4, 4]), slow]).rows,
    "ours to slow (exactly once), the fastest of slow (exactly once)",
  );
  assertEquals(measured, { median: 3, min: 2, max: 4, runs: 2 });
});
