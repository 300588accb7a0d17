import { assertEquals } from "@std/assert";
import { NO_TIMESTAMP } from "../../../src/engine/record.ts";
import { Intake } from "../../../src/engine/runtime/intake.ts";
import type { SplitTask } from "../../../src/engine/runtime/source_task.ts";
import type { SplitStatus } from "../../../src/engine/source.ts";

const ALL = 1_000;

/** A split with times at hand. A text among them is what it then is: "pending", "caughtUp" or "finished" (at the end too). */
class FakeSplit {
  finished = false;
  order = -1;
  readonly name: string;
  readonly items: (number | SplitStatus)[];
  readonly #log: string[];

  constructor(name: string, items: readonly (number | SplitStatus)[], log: string[]) {
    this.name = name;
    this.items = [...items];
    this.#log = log;
  }

  get split(): { readonly status: SplitStatus; readonly nextTimestampMs: number } {
    const item = this.items[0] ?? "caughtUp";
    return typeof item === "number"
      ? { status: "ready", nextTimestampMs: item }
      : { status: item, nextTimestampMs: Number.NaN };
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

function newIntake(splits: Readonly<Record<string, readonly (number | SplitStatus)[]>>) {
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
