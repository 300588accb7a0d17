/**
 * The lessons on a real Flink cluster, unchanged and by the command that a person uses: what they write and print is
 * what they write and print at home. TEST_FLINK_BOOKINGS says how many bookings, 5,000 by default.
 */
import { assert, assertEquals } from "@std/assert";
import { startFile, succeed } from "../e2e/programs.ts";
import { liveTest, type LiveWorld } from "./live.ts";

const BOOKINGS = Deno.permissions.querySync({ name: "env" }).state === "granted"
  ? Number(Deno.env.get("TEST_FLINK_BOOKINGS") ?? 5_000)
  : 0;
/** Some ten windows of a minute, however many bookings there are. */
const STEP_MS = Math.ceil(1_200_000 / BOOKINGS);
const GEN = ["--create", "--seed", "7", "--rate", "max", "--start", "2026-11-01T00:00:00Z", "--step", `${STEP_MS}ms`];
const ALL = ["--from", "earliest", "--bounded"];
const NOW = ["--now", "2026-11-01T00:00:00"];

/** Lessons that read a few numbers of their own. */
const WITHOUT_TOPICS = [
  ["s11:transformation", "s11_transformation.ts"],
  ["s11:process", "s11_process_function.ts"],
  ["s15", "s15_branching.ts"],
] as const;

/** Bookings in topics that are new; jobs that have read the old ones begin anew. */
function gen({ broker }: LiveWorld) {
  return succeed(broker, "gen", [...GEN, "--count", String(BOOKINGS / 2)]);
}

/** The committed records of a topic from each partition's offset on, as they were written. */
async function read({ broker }: LiveWorld, topic: string): Promise<string[]> {
  const { stdout } = await succeed(broker, "topics", ["read", topic, "--bounded", "--json"]);
  return stdout.trimEnd().split("\n").map((line) => line.replace(/"offset":\d+,/, ""));
}

/** Values of a topic, where what is emitted for a collection has the time at which it is written. */
async function values(world: LiveWorld, topic: string): Promise<string[]> {
  return (await read(world, topic)).map((line) => String((JSON.parse(line) as { value: string }).value));
}

/** What a lesson prints at home. */
async function printedAtHome({ broker }: LiveWorld, task: string, flags: readonly string[]): Promise<string[]> {
  const { stdout } = await succeed(broker, task, [...ALL, ...flags]);
  return stdout.trimEnd().split("\n");
}

/** Runs a lesson on the cluster to its end. */
async function onFlink({ broker }: LiveWorld, file: string, flags: readonly string[]): Promise<string> {
  const own = ["run", `src/${file}`, "--parallelism", "2"];
  return (await succeed(broker, "flink", [...own, "--", ...ALL, ...flags])).stdout.trim();
}

/** What a lesson prints on the cluster: it is in the logs of the TaskManagers, among what the job logs. */
async function printedOnFlink(world: LiveWorld, file: string, flags: readonly string[]): Promise<string[]> {
  const id = await onFlink(world, file, flags);
  const { stdout } = await succeed(world.broker, "flink", ["logs", id]);
  return stdout.trimEnd().split("\n").map((line) => line.replace(/^.*?", subtask \d+: /, ""))
    .filter((line) => !/^\d{4}-\d\d-\d\dT[\d:.]+Z \w+: /.test(line));
}

/** Records of each key in the order of their partition. */
function byKey(lines: readonly string[]): Map<string, string[]> {
  return Map.groupBy(lines, (line) => (JSON.parse(line) as { key: string }).key);
}

function assertSame(actual: readonly string[], expected: readonly string[], what: string): void {
  assert(expected.length > 100, `${what}: only ${expected.length} at home`);
  assertEquals(actual.length, expected.length, what);
  assertEquals(actual.toSorted(), expected.toSorted(), what);
}

liveTest("the lessons give on Flink what they give at home", async (world) => {
  for (const [task, file] of WITHOUT_TOPICS) {
    const [home, flink] = await Promise.all([printedAtHome(world, task, []), printedOnFlink(world, file, [])]);
    // On the cluster what the program writes itself is among it, once for each worker.
    const results = flink.filter((line) => /^\w+> /.test(line));
    assert(home.length >= 4, task);
    assertEquals(results.toSorted(), home.toSorted(), task);
  }

  await gen(world);
  const printing = [
    ["s08", "s08_create_source.ts", []],
    ["s10", "s10_deserialization.ts", []],
    ["s12", "s12_transformation.ts", NOW],
  ] as const;
  for (const [task, file, flags] of printing) {
    const [home, flink] = await Promise.all([
      printedAtHome(world, task, flags),
      printedOnFlink(world, file, flags),
    ]);
    assertSame(flink, home, task);
  }

  await succeed(world.broker, "s14", [...ALL, ...NOW]);
  const ofSkyone = await read(world, "flightdata");
  await gen(world);
  await onFlink(world, "s14_sink.ts", NOW);
  assertSame(await read(world, "flightdata"), ofSkyone, "s14");

  await gen(world);
  await onFlink(world, "s16_merge.ts", NOW);
  const merged = await read(world, "flightdata");
  await gen(world);
  // What it writes at home is in the order of time, on which lessons 18 and 20 rely.
  await succeed(world.broker, "s16", [...ALL, ...NOW]);
  assertSame(merged, await read(world, "flightdata"), "s16");

  for (const name of ["vocabulary-named", "vocabulary-counts"]) {
    await succeed(world.broker, "topics", ["create", name, "--partitions", "2"]);
  }
  const job = "tests/flink/jobs/vocabulary_job.ts";
  const home = startFile(world.broker, new URL(`../../${job}`, import.meta.url), "s20", ALL);
  const { code, stderr } = await home.ended;
  assertEquals(code, 0, stderr);
  const results = [await values(world, "vocabulary-named"), await read(world, "vocabulary-counts")];
  await onFlink(world, `../${job}`, []);
  const both = [await values(world, "vocabulary-named"), await read(world, "vocabulary-counts")];
  for (const [i, all] of both.entries()) assertSame(all, [...results[i]!, ...results[i]!], job);

  const [counted, countedOnFlink] = await Promise.all([
    printedAtHome(world, "s18", []),
    printedOnFlink(world, "s18_aggregation.ts", []),
  ]);
  assertSame(countedOnFlink, counted, "s18");

  await succeed(world.broker, "s20", ALL);
  const statistics = await read(world, "userstatistics");
  await onFlink(world, "s20_manage_state.ts", []);
  const twice = byKey(await read(world, "userstatistics"));
  for (const [key, lines] of byKey(statistics)) {
    // Behind those of home; a key is in one partition, so this is the order of a traveller.
    assertEquals(twice.get(key)?.slice(lines.length), lines, `s20, ${key}`);
  }
  assertSame([...twice.values()].flat(), [...statistics, ...statistics], "s20");
});
