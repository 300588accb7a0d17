/** The experiment of `deno task chaos`, in short, and what it would notice. */
import { assertEquals } from "@std/assert";
import { behindRedpanda } from "../../chaos/behind_redpanda.ts";
import { compare, type Evidence } from "../../chaos/evidence.ts";
import { differs, runChaos } from "../../chaos/experiment.ts";
import { table } from "../../chaos/table.ts";
import { EMBEDDED_FAULT_POINTS, KAFKA_FAULT_POINTS, STORE_FAULT_POINTS } from "../../src/connectors/fault_points.ts";
import { openBroker } from "../../src/connectors/mod.ts";
import { JOB_FAULT_POINTS } from "../../src/engine/mod.ts";
import { brokerSettings } from "../../src/utils.ts";
import { forEachBroker, kafkaBroker, mayRunPrograms } from "./programs.ts";

const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

forEachBroker(
  "s16 and s20 killed at instants and fault points leave what an undisturbed run leaves",
  async ({ env }) => {
    const settings = brokerSettings({ get: (name) => env[name] });
    await using broker = await openBroker({ settings, logger: SILENT });
    const { rows, passed } = await runChaos({
      port: broker.port,
      env: { BOOTSTRAP_SERVERS: "", BROKER: "", BROKER_DIR: "", LOG_LEVEL: "warn", ...env },
      lessons: ["s16", "s20"],
      runs: 8,
      seed: 7,
      sessionTimeoutMs: 1_000,
      pairs: 8_000,
    });
    assertEquals(rows.filter(differs), [], table(rows));
    assertEquals(rows.reduce((sum, { kills }) => sum + kills, 0), 8);
    // Each kill was followed by new work.
    assertEquals(rows.map(({ backMs }) => backMs.length), rows.map(({ kills }) => kills));
    // The lists of fault points are what is really there.
    const own = broker.port.kind === "kafka" ? KAFKA_FAULT_POINTS : EMBEDDED_FAULT_POINTS;
    const listed: string[] = [...JOB_FAULT_POINTS, ...STORE_FAULT_POINTS, ...own];
    assertEquals(Object.keys(passed).filter((point) => !listed.includes(point)), []);
    // Three things happen only if much comes at once, which it need not on every machine: output is flushed before its commit, and
    // the embedded log writes parts of a commit ahead and compacts a job's entries (tests/connectors/entries_test.ts is killed
    // there each time).
    const certain = listed.filter((point) => !/^flush:|ahead|compact/.test(point));
    assertEquals(certain.filter((point) => !(point in passed)), []);
    assertEquals((await broker.port.listTopics()).filter((name) => name.includes("chaos-")), []);
  },
);

const kafka = kafkaBroker();

Deno.test({
  name: "s16 and s20 killed behind a Redpanda that answers −1 now and then leave what an undisturbed run leaves" +
    (kafka === undefined ? " (skipped: no TEST_BOOTSTRAP_SERVERS)" : ""),
  ignore: kafka === undefined || !mayRunPrograms(),
  fn: () =>
    behindRedpanda(kafka!.env.BOOTSTRAP_SERVERS!, async (servers) => {
      const env = { BOOTSTRAP_SERVERS: servers, BROKER: "", BROKER_DIR: "", LOG_LEVEL: "error" };
      const settings = brokerSettings({ get: (name) => env[name as keyof typeof env] });
      await using broker = await openBroker({ settings, logger: SILENT });
      const { rows } = await runChaos({
        port: broker.port,
        env,
        lessons: ["s16", "s20"],
        runs: 4,
        seed: 9,
        // Redpanda takes no shorter ones.
        sessionTimeoutMs: 6_000,
        pairs: 8_000,
      });
      assertEquals(rows.filter(differs), [], table(rows));
    }, SILENT),
});

/** What a job has left behind. */
function evidence(output: string[][], letters: string[] = ["bad"], state = { a: "1", b: "2" }): Evidence {
  return { output, letters, state: new Map(Object.entries(state)) };
}

Deno.test("compare() notices what is lost, doubled, moved or kept otherwise", () => {
  const expected = evidence([["1 a", "2 a", "2 a"], ["1 b"]]);
  const exact = { lost: 0, doubled: 0, moved: 0, state: [] };
  assertEquals(compare(evidence([["1 a", "2 a", "2 a"], ["1 b"]]), expected), exact);
  assertEquals(compare(evidence([["1 a", "2 a"], ["1 b"]]), expected), { ...exact, lost: 1 });
  assertEquals(compare(evidence([["1 a", "2 a", "2 a", "1 a"], ["1 b"]]), expected), { ...exact, doubled: 1 });
  assertEquals(compare(evidence([["2 a", "1 a", "2 a"], ["1 b"]]), expected), { ...exact, moved: 2 });
  // In another partition it is lost here and too much there.
  assertEquals(compare(evidence([["1 a", "2 a", "2 a", "1 b"], []]), expected), { ...exact, lost: 1, doubled: 1 });
  assertEquals(compare(evidence([["1 a", "2 a", "2 a"], ["1 b"]], []), expected), { ...exact, lost: 1 });
  assertEquals(compare(evidence([["1 a", "2 a", "2 a"], ["1 b"]], ["bad"], { a: "1", b: "3" }), expected), {
    ...exact,
    state: ["b: 3 instead of 2"],
  });
});

Deno.test("table() shows each place and the sum of all", () => {
  const row = { lesson: "s16" as const, kills: 2, records: 1_000, lost: 0, doubled: 0, moved: 0, state: [] };
  const text = table([
    { ...row, place: "a random instant", backMs: [200, 400] },
    { ...row, place: "commit: before the sinks", doubled: 3, backMs: [300, 1_200] },
  ]);
  assertEquals(text.split("\n"), [
    "job  killed at                 kills  records  lost  doubled  moved  state  back after",
    "s16  a random instant              2    1,000     0        0      0      0  0.40 s, at most 0.40 s",
    "s16  commit: before the sinks      2    1,000     0        3      0      0  1.20 s, at most 1.20 s",
    "     all                           4    2,000     0        3      0      0  0.40 s, at most 1.20 s",
  ]);
});
