/**
 * s16 and s20 over a cluster of three brokers, in short: what a single broker can never show. The long form is
 * `deno task chaos --brokers 3`.
 */
import { assert, assertEquals } from "@std/assert";
import { clusterPrerequisites } from "../../chaos/cluster/clients.ts";
import { clusterText, complaintsAbout } from "../../chaos/cluster/report.ts";
import { ALL_FAULTS, runClusterChaos } from "../../chaos/cluster/run.ts";
import { mayRunPrograms } from "./programs.ts";

/** Each comes at least once, within the time. */
const SHOWN = ["broker killed", "broker frozen", "EndTxn held (first)"];
const CHOSEN = [
  ...SHOWN,
  "one broker's Fetch slow",
  "leaders moved amid Fetch",
  "followers lag",
  "job killed",
  "job frozen",
];
const faults = ALL_FAULTS.map((kinds) => kinds.filter(({ name }) => CHOSEN.includes(name)));

const allowed = mayRunPrograms();
const missing = allowed ? await clusterPrerequisites() : "needs permission to run programs";
const required = allowed && Deno.env.get("REQUIRE_KAFKA") !== undefined;

Deno.test({
  name:
    `three brokers, a hundred leaders that move, deaths and late requests: nothing lost, nothing twice, nothing late${
      missing === undefined ? "" : ` (skipped: ${missing})`
    }`,
  ignore: missing !== undefined && !required,
  fn: async () => {
    assertEquals(faults.flat().length, CHOSEN.length);
    const result = await runClusterChaos({
      brokers: 3,
      // Where brokers cannot recognise late requests, the job alone must get it right.
      transactionVersion: 1,
      durationMs: 45_000,
      seed: 3,
      moveEveryMs: { least: 400, most: 800 },
      faults,
      signal: new AbortController().signal,
    });
    const text = `${clusterText(result)}\n${result.logs}`;
    assertEquals(complaintsAbout(result), [], text);
    assertEquals(SHOWN.filter((name) => !result.faults.has(name)), [], text);
    assert(result.moves > 20, text);
    await Deno.remove(result.logs, { recursive: true });
  },
});
