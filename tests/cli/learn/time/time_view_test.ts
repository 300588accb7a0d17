import { stripVTControlCharacters } from "node:util";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { DEFAULT_SETTINGS, type JobSettings, runEventTimeJob } from "../../../../src/cli/learn/time/event_time_job.ts";
import { plainPicture } from "../../../../src/cli/learn/time/picture.ts";
import { SCENARIOS } from "../../../../src/cli/learn/time/scenarios.ts";
import { whatHappened } from "../../../../src/cli/learn/time/sentence.ts";
import { contentsText } from "../../../../src/cli/learn/time/times.ts";
import { TimeView } from "../../../../src/cli/learn/time/time_view.ts";

const SCENES = SCENARIOS.map(({ title, arrivals, settings }) => ({
  title,
  arrivals,
  settings: { ...DEFAULT_SETTINGS, ...settings },
}));

function scene(name: string) {
  return SCENES[SCENARIOS.findIndex((scenario) => scenario.name === name)]!;
}

async function runOf(name: string, settings: Partial<JobSettings> = {}) {
  const { arrivals, settings: own } = scene(name);
  return await runEventTimeJob(arrivals, { ...own, ...settings });
}

async function sentencesOf(name: string, settings: Partial<JobSettings> = {}): Promise<string[]> {
  const run = await runOf(name, settings);
  return run.frames.map((_, at) => whatHappened(run, at));
}

const DRAWN = `
 3/6  A late record: its window has fired before it came            step 4 of 6
 windows of 10 s · out-of-orderness 0 s · lateness 0 s · idle after 1 min
 ● in time  ○ behind the watermark but counted  ✗ late  ▶ fires  ░ passed
                        12:00:00          12:00:10          12:00:20
 record  time           │fired            │open             │                 │
 anna          12:00:03 │░░░░░●           │                 │                 │
 ben           12:00:08 │░░░░░░░░░░░░░●   │                 │                 │
 cleo          12:00:12 │▶anna 1, ben 1░░░│░░░●             │                 │
▸anna          12:00:07 │░░░░░░░░░░░✗░░░░░│░░░░             │                 │



 watermark 12:00:11.999 ━━━━━━━━━━━━━━━━━━━━━━━

 anna's 12:00:07 is late: the watermark is at 12:00:11.999, and window
 12:00:00–12:00:10 fired when cleo's 12:00:12 came (step 3). It changes no
 result and becomes a dead letter. With 2.001 s of out-of-orderness that window
 would not have fired yet.





 ←→ step  space play  tab next  o/O w/W l/L i/I settings  ? help  q quit`;

Deno.test("a late record is drawn and explained, on 80 columns", async () => {
  const view = await new TimeView(SCENES, 2).open();
  view.goTo(4);
  const size = { columns: 80, rows: 24 };
  const lines = view.lines({ ...size, colours: false });
  assertEquals(`\n${lines.map((line) => line.trimEnd()).join("\n")}`, DRAWN);
  const coloured = view.lines({ ...size, colours: true });
  assertEquals(coloured.map((line) => stripVTControlCharacters(line)), lines);
  assertStringIncludes(coloured.join("\n"), "\x1b[31m✗");
  assertEquals(Array.from(coloured.join("\n").matchAll(/1 ms before/g)).length, 0, "that is explained once");
});

const IDLE = `
 title                                                             step 7 of 11
 windows of 10 s · out-of-orderness 0 s · lateness 0 s · idle after 30 s
 ● in time  ○ behind the watermark but counted  ✗ late  ▶ fires  ░ passed
                        12:00:00  12:00:10  12:00:20  12:00:30  12:00:40
 record  time           │fired    │fired    │open     │         │         │
 anna       12:00:02 p0 │ ●       │         │         │         │         │
 ben        12:00:04 p1 │░░ ●     │         │         │         │         │
 anna       12:00:09 p0 │░░░░    ●│         │         │         │         │
 anna       12:00:14 p0 │░░░░     │   ●     │         │         │         │
 anna       12:00:23 p0 │░░░░     │         │  ●      │         │         │
 anna       12:00:27 p0 │░░░░     │         │      ●  │         │         │
▸7 s without records    │▶2,1░░░░░│▶anna 1░░│░░░░░░░  │         │         │

 p0        12:00:26.999 ────────────────────────────
 p1 idle   12:00:03.999 ─────
 watermark 12:00:26.999 ━━━━━━━━━━━━━━━━━━━━━━━━━━━━

 Partition 1 has been silent for 30 s: it is idle, and no longer waited for.
 The watermark moves to 12:00:26.999. That completes window 12:00:00–12:00:10,
 which fires: anna 2, ben 1; window 12:00:10–12:00:20, which fires: anna 1.`;

Deno.test("an idle partition is drawn and explained, without a terminal", async () => {
  const lines = plainPicture(await runOf("idle"), { at: 7, title: "title" });
  assertEquals(`\n${lines.join("\n")}`, IDLE);
});

Deno.test("each scenario is explained: what happened and why", async () => {
  const all = Object.fromEntries(
    await Promise.all(SCENARIOS.map(async ({ name }) => [name, await sentencesOf(name)] as const)),
  );
  assertStringIncludes(all["in-order"]![4]!, "That completes window 12:00:00–12:00:10, which fires: anna 2, ben 1.");
  assertStringIncludes(
    all["in-order"]!.at(-1)!,
    "12:00:20–12:00:30 stays open until one moves the watermark to 12:00:29.999",
  );
  assertStringIncludes(all["out-of-order"]![3]!, "3 s behind a later one, but the watermark has not passed it");
  assertStringIncludes(all.lateness![4]!, "has fired, but lateness is allowed, so it fires again");
  assertStringIncludes(all.lateness![4]!, "emitted again: anna 2.");
  assertStringIncludes(all.lateness![6]!, "and so has the lateness of 5 s that is allowed");
  assertStringIncludes(all.idle![1]!, "There is no watermark yet: partition 1 has had no record");
  assertStringIncludes(all.idle![4]!, "The watermark stays at 12:00:03.999: partition 1 has come no further.");
  assertStringIncludes(all.idle![9]!, "fired when partition 1 fell idle (step 7)");
  assertStringIncludes(all.future![3]!, "11 h 58 min ahead of the clock (more than 1 h)");
});

Deno.test("what the sentence says would cure a late record does", async () => {
  assertStringIncludes(
    (await sentencesOf("late"))[4]!,
    "With 2.001 s of out-of-orderness that window would not have fired yet.",
  );
  const lateWith = async (outOfOrdernessMs: number) => (await runOf("late", { outOfOrdernessMs })).frames[4]!.late;
  assert(await lateWith(2_000) !== undefined);
  assertEquals(await lateWith(2_001), undefined);
});

Deno.test("TimeView steps forward and back, and no further than there are steps", async () => {
  const view = await new TimeView(SCENES).open();
  const steps: number[] = [];
  for (const key of ["left", "right", "n", "down", "p", "end", "right", "home", "right"]) {
    assert(await view.press(key));
    steps.push(view.at);
  }
  assertEquals(steps, [0, 1, 2, 3, 2, 6, 6, 0, 1]);
  assertEquals(await view.press("q"), false);
});

Deno.test("TimeView plays to the end, unless a key is pressed", async () => {
  const view = await new TimeView(SCENES).open();
  view.play();
  assertEquals(view.at, 0);
  await view.press(" ");
  for (let i = 0; i < 4; i++) view.play();
  assertEquals(view.at, 4);
  await view.press("left");
  view.play();
  assertEquals([view.at, view.playing], [3, false]);
  await view.press(" ");
  for (let i = 0; i < 9; i++) view.play();
  assertEquals([view.at, view.playing], [6, false]);
});

Deno.test("TimeView runs the job again for other settings, and shows the same step", async () => {
  const view = await new TimeView(SCENES, 2).open();
  const late = () => view.run.frames.filter(({ late }) => late !== undefined).length;
  await view.press("end");
  assertEquals([late(), view.settings.outOfOrdernessMs], [1, 0]);
  for (let i = 0; i < 3; i++) await view.press("o");
  assertEquals([late(), view.settings.outOfOrdernessMs, view.at], [0, 3_000, 6]);
  for (let i = 0; i < 4; i++) await view.press("O");
  assertEquals([late(), view.settings.outOfOrdernessMs], [1, 0]);
  for (let i = 0; i < 3; i++) await view.press("l");
  assertEquals(late(), 0);
  await view.press("r");
  assertEquals([late(), view.settings], [1, scene("late").settings]);
  await view.press("w");
  assertEquals([late(), view.settings.windowMs], [0, 20_000]);
  await view.press("e");
  assertEquals(view.run.frames.at(-1)!.kind, "end");
});

Deno.test("TimeView goes round the scenarios", async () => {
  const view = await new TimeView(SCENES).open();
  await view.press("back tab");
  assertStringIncludes(view.lines({ columns: 100, rows: 30, colours: false })[0]!, "6/6");
  await view.press("tab");
  assertStringIncludes(view.lines({ columns: 100, rows: 30, colours: false })[0]!, "1/6");
});

Deno.test("a picture has the size of the screen, whatever that is", async () => {
  const run = await runOf("idle");
  const { drawRun } = await import("../../../../src/cli/learn/time/picture.ts");
  for (const [columns, rows] of [[80, 24], [120, 40], [40, 10], [27, 3], [300, 90]] as const) {
    for (const at of run.frames.keys()) {
      const lines = drawRun(run, { columns, rows, colours: false, at, title: "title", keys: "keys" });
      assertEquals([lines.length, ...new Set(lines.map((line) => [...line].length))], [rows, columns]);
    }
  }
});

Deno.test("records that are all there are taken in the order of their times, as a job that catches up does", async () => {
  const record = (key: string, timeMs: number, partition: number) => ({ key, timeMs, partition });
  const arrivals = [record("a", 1_000, 0), record("b", 30_000, 0), record("c", 2_000, 1), record("d", 31_000, 1)];
  const settings: JobSettings = { ...DEFAULT_SETTINGS, partitions: 2, arrive: "catch-up" };
  const { frames } = await runEventTimeJob(arrivals, settings);
  assertEquals(frames.slice(1).map(({ record }) => record!.label), ["a", "c", "b", "d"]);
});

Deno.test("many windows leave out those far from the present", async () => {
  const arrivals = Array.from({ length: 60 }, (_, i) => ({ key: "a", timeMs: i * 10_000, partition: 0 }));
  const run = await runEventTimeJob(arrivals, DEFAULT_SETTINGS);
  const axis = plainPicture(run, { at: 50, title: "title" })[3]!;
  assertMatch(axis, /00:08:\d0/);
  assert(!axis.includes("00:00:00"));
});

Deno.test("a record of a wrong clock squeezes no other, and its window fires beyond the axis", async () => {
  const run = await runOf("future", { bounded: true });
  const lines = plainPicture(run, { title: "title" });
  assertEquals(lines[3]!.trim().split(/ +/), ["12:00:00", "12:00:10", "12:00:20"]);
  assertStringIncludes(lines.find((line) => line.includes("eva"))!, "»");
});

Deno.test("TimeView explains keys and signs, until a key is pressed", async () => {
  const view = await new TimeView(SCENES).open();
  const size = { columns: 100, rows: 30, colours: false };
  const picture = view.lines(size);
  await view.press("?");
  const help = view.lines(size);
  assertStringIncludes(help.join("\n"), "✗          a late record");
  assertEquals([help.length, ...new Set(help.map((line) => [...line].length))], [30, 100]);
  await view.press("right");
  assertEquals(view.lines(size), picture);
});

Deno.test("long names have more room on a wide screen", async () => {
  const arrivals = [{ key: "anna@example.com", timeMs: 1_000, partition: 0 }];
  const run = await runEventTimeJob(arrivals, DEFAULT_SETTINGS);
  const rowOf = (columns: number) => plainPicture(run, { columns, title: "title" })[5]!;
  assertStringIncludes(rowOf(80), "anna@example… 00:00:01");
  assertStringIncludes(rowOf(100), "anna@example.com    00:00:01");
});

Deno.test("results of many keys are counted where there is no room for them", async () => {
  const arrivals = Array.from({ length: 24 }, (_, i) => ({ key: `key${i % 6}`, timeMs: i * 10_000, partition: 0 }))
    .flatMap((record) => [record, ...["a", "b", "c", "d", "e"].map((key) => ({ ...record, key }))]);
  const run = await runEventTimeJob(arrivals, DEFAULT_SETTINGS);
  assertStringIncludes(plainPicture(run, { at: 7, title: "title" }).join("\n"), "▶6 keys");
});

Deno.test("contentsText() is short: a value, the only number, or how many there are", () => {
  assertEquals([3, "a", [1, 2], { who: "anna", flights: 2 }, { a: 1, b: 2 }].map(contentsText), [
    "3",
    "a",
    "2",
    "2",
    '{"a":1,"b":2}',
  ]);
});

Deno.test("a riddle shows how far partitions have come, and not which one holds the watermark", async () => {
  const run = await runOf("idle");
  const [shown, riddle] = [false, true].map((isRiddle) =>
    plainPicture(run, { at: 6, title: "title", isRiddle }).join("\n")
  );
  assertStringIncludes(shown!, "◀");
  for (const part of ["◀", "has come no further"]) assertEquals(riddle!.includes(part), false, part);
  assertStringIncludes(riddle!, "p1");
});
