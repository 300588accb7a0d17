/**
 * Guards the cost of a record in the engine, with measures that a busy machine does not change: processor time beside the
 * bare loop's, what is asked of the broker, bytes that are allocated. A limit lies about half way between what the cost is
 * and twice that; where the engine has become cheaper, lower it.
 */
import { assert, assertEquals } from "@std/assert";
import process from "node:process";
import { bookingRecords, flightRecords, hourOfBookings, NOW_MS } from "../../bench/data.ts";
import type { Topics } from "../../bench/in_memory/bare_loop.ts";
import { runEngine } from "../../bench/in_memory/engine.ts";
import { BrokerCalls } from "../../bench/in_memory/measured_broker.ts";
import { BARE_LOOPS } from "../../bench/in_memory/program.ts";
import { inMemory } from "../../bench/in_memory/records.ts";
import { Written } from "../../bench/in_memory/written.ts";
import type { Clock } from "../../src/engine/mod.ts";

const JOBS = ["s16", "s18", "s20"] as const;
type Job = typeof JOBS[number];

function topicsOf(job: Job, pairs: number): Topics {
  const set = hourOfBookings(pairs);
  return inMemory(job === "s16" ? bookingRecords(set) : flightRecords(set));
}

// ------------------------------------------------------------------------------------------------------ processor time

/** The bare loop's processor time by the engine's. */
const LEAST_RATIOS = { s16: 0.6, s18: 0.48, s20: 0.48 } as const;

for (const job of JOBS) {
  Deno.test(`${job} costs no more than a few bare loops`, async () => {
    const topics = topicsOf(job, 10_000);
    let [bareLoopS, engineS] = [Infinity, Infinity];
    // The best of several: what the machine does beside it, and compiling, can only add to a run.
    for (let round = 0; round < 7; round++) {
      const expected = new Written({ digests: true });
      const found = new Written({ digests: true });
      bareLoopS = Math.min(bareLoopS, await processorS(() => BARE_LOOPS[job](topics, expected)));
      engineS = Math.min(engineS, await processorS(() => runEngine(job, topics, found, { nowMs: NOW_MS })));
      assertEquals(String(found), String(expected));
    }
    const ratio = bareLoopS / engineS;
    assert(ratio >= LEAST_RATIOS[job], `bare loop to engine: ${ratio.toFixed(2)}, less than ${LEAST_RATIOS[job]}`);
  });
}

async function processorS(work: () => void | Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

// ------------------------------------------------------------------------------------------------ what the broker is asked

/** For 20,000 bookings of each airline, or their flights, by a clock that goes on 1 ms each time that it is looked at. */
const CALLS = {
  s16: { fetches: 11, sends: 21, commits: 4, entries: 42 },
  s18: { fetches: 9, sends: 19, commits: 4, entries: 1_226 },
  s20: { fetches: 9, sends: 19, commits: 4, entries: 3_997 },
} as const;

for (const job of JOBS) {
  Deno.test(`${job} asks no more of its broker than it did`, async () => {
    const calls = new BrokerCalls();
    await runEngine(job, topicsOf(job, 20_000), new Written({ digests: false }), {
      nowMs: NOW_MS,
      calls,
      clock: new TickingClock(),
    });
    const { fetches, flushes, commits, entries } = calls;
    const found = { fetches, sends: flushes + commits, commits, entries };
    for (const name of ["fetches", "sends", "commits", "entries"] as const) {
      const limit = CALLS[job][name];
      assert(found[name] <= limit * 1.25, `${name}: ${found[name]}, it was ${limit}`);
    }
  });
}

/** Nobody waits, and the same questions get the same answers in every run. */
class TickingClock implements Clock {
  #nowMs = NOW_MS;

  now(): number {
    return this.#nowMs += 1;
  }

  monotonicMs(): number {
    return this.now();
  }

  sleep(): Promise<void> {
    return Promise.resolve();
  }
}

// --------------------------------------------------------------------------------------------------------- allocations

/** Bytes of V8's heap for each record in. */
const ALLOCATED_BYTES = { s16: 4_600, s18: 4_600, s20: 4_950 } as const;

const mayRun = (["run", "read"] as const).every((name) => Deno.permissions.querySync({ name }).state === "granted");

Deno.test({
  name: `jobs allocate no more for a record than they did${
    mayRun ? "" : " (skipped: needs permission to run programs)"
  }`,
  ignore: !mayRun,
  fn: async () => {
    // A young generation that takes all of a run: nothing is collected while it is counted.
    const flags = "--expose-gc,--min-semi-space-size=64,--max-semi-space-size=64";
    const program = new URL("allocations.ts", import.meta.url).pathname;
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", `--v8-flags=${flags}`, "--no-prompt", "--no-check", program],
      stdin: "null",
    }).output();
    assert(success, new TextDecoder().decode(stderr));
    const found = JSON.parse(new TextDecoder().decode(stdout)) as Record<Job, number>;
    for (const job of JOBS) {
      const limit = ALLOCATED_BYTES[job] * 1.5;
      assert(
        found[job] > 0 && found[job] <= limit,
        `${job}: ${Math.round(found[job])} bytes, it was ${ALLOCATED_BYTES[job]}`,
      );
    }
  },
});
