import { assertEquals } from "@std/assert";
import { NO_TIMESTAMP } from "../../../src/engine/record.ts";
import { Intake } from "../../../src/engine/runtime/intake.ts";
import type { SplitTask } from "../../../src/engine/runtime/split_task.ts";
import type { SourceSplit, SplitStatus } from "../../../src/engine/source.ts";

const ALL = 1_000;

type Item = number | SplitStatus | `held ${number}`;

/**
 * A split with times at hand. A text among them is what it then is: "pending", "caughtUp" or "finished" (at the end too);
 * "held 20" is a record of that time that cannot be read yet.
 */
class FakeSplit {
  finished = false;
  order = -1;
  readonly name: string;
  readonly items: Item[];
  readonly #log: string[];

  constructor(name: string, items: readonly Item[], log: string[]) {
    this.name = name;
    this.items = [...items];
    this.#log = log;
  }

  arrival: number | undefined;
  endAsked: number | undefined;

  get split(): Pick<SourceSplit<unknown>, "status" | "nextTimestampMs" | "arrival" | "endAsked"> {
    const item = this.items[0] ?? "caughtUp";
    const moments = {
      ...this.arrival !== undefined && { arrival: this.arrival },
      ...this.endAsked !== undefined && { endAsked: this.endAsked },
    };
    if (typeof item === "number") return { status: "ready", nextTimestampMs: item, ...moments };
    if (item.startsWith("held")) return { status: "held", nextTimestampMs: Number(item.slice(5)), ...moments };
    return { status: item as SplitStatus, nextTimestampMs: Number.NaN, ...moments };
  }

  readonly source = {
    finish: (task: FakeSplit): void => {
      task.finished = true;
      task.#log.push(`${task.name} finished`);
    },
  };

  step(): void {
    this.#log.push(`${this.name}@${this.items.shift()}`);
  }
}

function newIntake(splits: Readonly<Record<string, readonly Item[]>>) {
  const log: string[] = [];
  const fakes = Object.entries(splits).map(([name, items]) => new FakeSplit(name, items, log));
  const intake = new Intake(fakes as unknown as SplitTask[]);
  const take = () => log.splice(0);
  return {
    intake,
    take,
    split: Object.fromEntries(fakes.map((fake) => [fake.name, fake])) as Record<string, FakeSplit>,
  };
}

Deno.test("run() takes records of all splits in order of time", () => {
  const { intake, take } = newIntake({ a: [10, 40, 50], b: [20, 30, 60] });

  assertEquals(intake.run(ALL), 6);
  assertEquals(take(), ["a@10", "b@20", "b@30", "a@40", "a@50", "b@60"]);
});

Deno.test("run() takes records of one time split by split, in their order, each with all it has of that time", () => {
  const { intake, take } = newIntake({ a: [10, 10, 20], b: [10, 20], c: [10, 10] });
  intake.run(ALL);

  assertEquals(take(), ["a@10", "a@10", "b@10", "c@10", "c@10", "a@20", "b@20"]);
});

Deno.test("run() keeps the order within a split, also where it is not that of time", () => {
  const { intake, take } = newIntake({ a: [50, 10, 60], b: [20, 55] });
  intake.run(ALL);

  assertEquals(take(), ["b@20", "a@50", "a@10", "b@55", "a@60"]);
});

Deno.test("run() takes records without a time first, split by split", () => {
  const { intake, take } = newIntake({ a: [NO_TIMESTAMP, NO_TIMESTAMP], b: [5], c: [NO_TIMESTAMP] });
  intake.run(ALL);

  assertEquals(take(), ["a@-Infinity", "a@-Infinity", "c@-Infinity", "b@5"]);
});

Deno.test("run() takes records before 1970 before those after", () => {
  const { intake, take } = newIntake({ a: [-5, 5], b: [-10, 0] });
  intake.run(ALL);

  assertEquals(take(), ["b@-10", "a@-5", "b@0", "a@5"]);
});

Deno.test("run() stops at its limit and goes on in the same order", () => {
  const { intake, take } = newIntake({ a: [10, 30, 50], b: [20, 40] });

  assertEquals([intake.run(2), take()], [2, ["a@10", "b@20"]]);
  assertEquals([intake.run(1), take()], [1, ["a@30"]]);
  assertEquals([intake.run(ALL), take()], [2, ["b@40", "a@50"]]);
});

Deno.test("run() takes nothing while records of any split are under way", () => {
  const { intake, take, split } = newIntake({ a: [10], b: ["pending", 5] });
  assertEquals([intake.run(ALL), take()], [0, []]);

  split.b!.items.shift();
  assertEquals([intake.run(ALL), take()], [2, ["b@5", "a@10"]]);
});

Deno.test("run() stops where a split's next record is still under way", () => {
  const { intake, take } = newIntake({ a: [10, "pending"], b: [5, 20] });

  assertEquals(intake.run(ALL), 2);
  assertEquals(take(), ["b@5", "a@10"]);
});

Deno.test("run() does not wait for a split that is read to its end", () => {
  const { intake, take, split } = newIntake({ a: [10, 30], b: [] });
  intake.run(ALL);
  split.b!.items.push(20);
  intake.run(ALL);

  assertEquals(take(), ["a@10", "a@30", "b@20"]);
});

Deno.test("run() finishes a split behind its last record, before any other record", () => {
  const { intake, take } = newIntake({ a: [10, "finished"], b: [5, 20] });
  intake.run(ALL);

  assertEquals(take(), ["b@5", "a@10", "a finished", "b@20"]);
});

Deno.test("run() finishes a split that has nothing left before the first record, and once", () => {
  const { intake, take } = newIntake({ a: [10], b: ["finished"] });
  intake.run(ALL);
  intake.run(ALL);

  assertEquals(take(), ["b finished", "a@10"]);
});

Deno.test("run() gives 0 when there is nothing", () => {
  assertEquals(newIntake({ a: [], b: [] }).intake.run(ALL), 0);
  assertEquals(newIntake({}).intake.run(ALL), 0);
});

Deno.test("Intake numbers the splits in their order, source by source", () => {
  const { split } = newIntake({ x: [], a: [] });

  assertEquals([split.x!.order, split.a!.order], [0, 1]);
});

Deno.test("run() takes no record that arrived after another split's end was last asked for", () => {
  const { intake, take, split } = newIntake({ a: [10, 20], b: [] });
  split.a!.arrival = 7;
  split.b!.endAsked = 6;
  assertEquals([intake.run(ALL), intake.arrival], [0, 7]);
  split.b!.endAsked = 8;
  assertEquals([intake.run(ALL), take()], [2, ["a@10", "a@20"]]);
});

Deno.test("run() stops where a split comes to its end that was asked for too early, and goes on where that is always known", () => {
  const { intake, take, split } = newIntake({ a: [10, 30], b: [20], c: [25] });
  Object.assign(split.a!, { arrival: 7, endAsked: 1 });
  Object.assign(split.b!, { arrival: 5, endAsked: 6 });
  // "c" says nothing of its records' arrival.
  assertEquals([intake.run(ALL), take()], [3, ["a@10", "b@20", "c@25"]]);
  assertEquals(intake.run(ALL), 0);
  split.b!.endAsked = undefined;
  assertEquals([intake.run(ALL), take()], [1, ["a@30"]]);
});

Deno.test("run() takes what is older than a held record, and waits in its place", () => {
  const { intake, take, split } = newIntake({ a: [10, 20, 30], b: ["held 20"] });
  assertEquals([intake.run(ALL), take()], [2, ["a@10", "a@20"]]);
  assertEquals(intake.run(ALL), 0);
  split.b!.items[0] = 20;
  assertEquals([intake.run(ALL), take()], [2, ["b@20", "a@30"]]);
});

Deno.test("run() waits for a held record of which no time is known", () => {
  const { intake } = newIntake({ a: [10], b: ["held -Infinity" as Item] });
  assertEquals(intake.run(ALL), 0);
});
