/** What becomes of the other systems' figures when one fails. */
import { assertEquals, assertRejects } from "@std/assert";
import { WrongOutput } from "../../bench/expected.ts";
import { type RoundsOptions, runRounds } from "../../bench/rounds.ts";
import { isFarBehind } from "../../bench/rows/jobs.ts";
import { ProgramFailure } from "../../bench/running_program.ts";
import type { System } from "../../bench/systems.ts";
import { madeUpFigures, madeUpSystem } from "./systems.ts";

const OURS = madeUpSystem("ours");
const GO = madeUpSystem("go-loop", { kind: "loop" });
const QUICK = madeUpSystem("quick", { kind: "engine", guarantee: "at least once" });

/**
 * Runs three systems for three rounds.
 * @param fails the error of a system's run, these counted from 1
 */
async function run(
  fails: (name: string, time: number) => Error | undefined,
  more: Pick<RoundsOptions, "unmeasured" | "isEnough"> = {},
) {
  const order: string[] = [];
  const { figures, ...rest } = await runRounds([OURS, GO, QUICK], {
    rounds: 3,
    ...more,
    run: ({ name }) => {
      order.push(name);
      const time = order.filter((one) => one === name).length;
      const error = fails(name, time);
      return error === undefined ? Promise.resolve(madeUpFigures(time)) : Promise.reject(error);
    },
    log: () => {},
    signal: new AbortController().signal,
  });
  const cpuS = Object.fromEntries([...figures].map(([{ name }, runs]) => [name, runs.map((each) => each.cpuS)]));
  return { order, cpuS, ...rest };
}

Deno.test("runRounds() begins each round with the next system, and leaves out rounds that do not count", async () => {
  const { order, cpuS, failures } = await run(() => undefined, { unmeasured: 1 });
  assertEquals(order.map((name) => name[0]).join(""), "ogq" + "gqo" + "qog" + "ogq");
  assertEquals(cpuS, { "ours": [2, 3, 4], "go-loop": [2, 3, 4], "quick": [2, 3, 4] });
  assertEquals(failures, []);
});

Deno.test("runRounds() makes a failed run again, and keeps one figure a round", async () => {
  const { cpuS, failures, repeated } = await run((name, time) =>
    name === "go-loop" && time === 2 ? new ProgramFailure("go-loop wrote nothing") : undefined
  );
  assertEquals(cpuS, { "ours": [1, 2, 3], "go-loop": [1, 3, 4], "quick": [1, 2, 3] });
  assertEquals(failures, []);
  assertEquals(repeated, ["A run of go-loop failed and was made again: go-loop wrote nothing"]);
});

Deno.test("runRounds() leaves out a system that fails twice in a row, and keeps the figures of the others", async () => {
  const { order, cpuS, failures } = await run((name, time) =>
    name === "quick" && time >= 2 ? new WrongOutput("quick wrote other flights") : undefined
  );
  assertEquals(cpuS, { "ours": [1, 2, 3], "go-loop": [1, 2, 3] });
  assertEquals(failures, ["quick (at least once): quick wrote other flights"]);
  assertEquals(order.filter((name) => name === "quick").length, 3);
});

Deno.test("runRounds() goes on without ours if that fails, and ends if ours wrote something wrong", async () => {
  const failing = await run((name) => name === "ours" ? new ProgramFailure("ours ended with 1") : undefined);
  assertEquals(failing.cpuS, { "go-loop": [1, 2, 3], "quick": [1, 2, 3] });
  assertEquals(failing.failures, ["ours (exactly once): ours ended with 1"]);
  const wrong = (name: string) => name === "ours" ? new WrongOutput("ours wrote other flights") : undefined;
  await assertRejects(() => run(wrong), WrongOutput, "ours wrote other flights");
});

Deno.test("runRounds() runs a system no more of which there are figures enough", async () => {
  const isEnough: RoundsOptions["isEnough"] = (system, figures) =>
    system === QUICK && figures.get(system)!.length === 2;
  const { cpuS, failures } = await run(() => undefined, { isEnough });
  assertEquals(cpuS, { "ours": [1, 2, 3], "go-loop": [1, 2, 3], "quick": [1, 2] });
  assertEquals(failures, []);
});

Deno.test("isFarBehind() is true of an engine that took more than twice as long as another one in two rounds, and of no loop", () => {
  const ours = madeUpSystem("ours");
  const [fast, slow] = ["fast", "slow"].map((name) => madeUpSystem(name, { kind: "engine" })) as [System, System];
  const loop = madeUpSystem("loop", { kind: "loop" });
  const farBehind = (fastS: readonly number[], slowS: readonly number[]) => {
    const figures = new Map(
      [[ours, [1, 1]], [fast, fastS], [slow, slowS], [loop, [90, 90]]].map(([system, all]) =>
        [system as System, (all as number[]).map((cpuS) => madeUpFigures(cpuS))] as const
      ),
    );
    return [ours, fast, slow, loop].filter((system) => isFarBehind(system, figures)).map(({ name }) => name);
  };
  assertEquals(farBehind([10, 12], [25, 30]), ["slow"]);
  assertEquals(farBehind([10, 12], [23, 30]), [], "its best round is not far behind the other's worst");
  assertEquals(farBehind([10], [25]), [], "there is one round");
  assertEquals(farBehind([10, 12, 9], [25, 30]), ["slow"]);
});
