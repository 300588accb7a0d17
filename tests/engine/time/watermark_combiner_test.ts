import { assertEquals } from "@std/assert";
import { MAX_WATERMARK, MIN_WATERMARK } from "../../../src/engine/record.ts";
import { CONNECTED, SPLITS, UNION, WatermarkCombiner } from "../../../src/engine/time/watermark_combiner.ts";

type Step = readonly [input: number, what: number | "idle" | "active" | "end"];

/** The combined watermark after each step. */
function after(combiner: WatermarkCombiner, ...steps: readonly Step[]): number[] {
  return steps.map(([input, what]) => {
    const before = combiner.watermarkMs;
    const advanced = what === "end"
      ? combiner.finish(input)
      : typeof what === "number"
      ? combiner.update(input, what)
      : combiner.setIdle(input, what === "idle");
    // What is said to have advanced has, and nothing else.
    assertEquals(combiner.watermarkMs > before, advanced, `step ${input} ${what}`);
    return combiner.watermarkMs;
  });
}

for (const [name, options] of [["SPLITS", SPLITS], ["UNION", UNION]] as const) {
  Deno.test(`${name} gives the smallest watermark, and none before each input gave one`, () => {
    const combiner = new WatermarkCombiner(3, options);

    assertEquals(after(combiner, [0, 30], [1, 10], [2, 20], [1, 25], [2, 40]), [
      MIN_WATERMARK,
      MIN_WATERMARK,
      10,
      20,
      25,
    ]);
  });

  Deno.test(`${name} never goes back when an input does`, () => {
    const combiner = new WatermarkCombiner(2, options);

    assertEquals(after(combiner, [0, 30], [1, 30], [0, 10], [1, 5], [0, 40], [1, 35]), [
      MIN_WATERMARK,
      30,
      30,
      30,
      30,
      35,
    ]);
    assertEquals(combiner.inputWatermarkMs(0), 40);
  });

  Deno.test(`${name} does not wait for an idle input`, () => {
    const combiner = new WatermarkCombiner(2, options);

    assertEquals(after(combiner, [0, 30], [1, "idle"], [0, 50]), [MIN_WATERMARK, 30, 50]);
    assertEquals([combiner.isIdle(0), combiner.isIdle(1), combiner.idle], [false, true, false]);
  });

  Deno.test(`${name} ignores watermarks of an idle input`, () => {
    const combiner = new WatermarkCombiner(2, options);

    assertEquals(after(combiner, [0, 30], [1, 10], [1, "idle"], [1, 99]), [MIN_WATERMARK, 10, 30, 30]);
    assertEquals(combiner.inputWatermarkMs(1), 10);
  });

  Deno.test(`${name} stays where it is when an input falls idle that did not hold it`, () => {
    const combiner = new WatermarkCombiner(3, options);

    assertEquals(after(combiner, [0, 10], [1, 20], [2, 30], [2, "idle"]), [MIN_WATERMARK, MIN_WATERMARK, 10, 10]);
  });

  Deno.test(`${name} gives the largest watermark when the last active input falls idle and held the minimum`, () => {
    const combiner = new WatermarkCombiner(3, options);

    assertEquals(
      after(combiner, [0, 10], [1, 70], [2, 40], [1, "idle"], [2, "idle"], [0, "idle"]),
      [MIN_WATERMARK, MIN_WATERMARK, 10, 10, 10, 70],
    );
    assertEquals(combiner.idle, true);
  });

  Deno.test(`${name} goes on with an input that comes back ahead`, () => {
    const combiner = new WatermarkCombiner(2, options);

    assertEquals(
      after(combiner, [0, 10], [1, 20], [0, "idle"], [0, "active"], [0, 50], [1, 40], [1, 60]),
      [MIN_WATERMARK, 10, 20, 20, 20, 40, 50],
    );
  });

  Deno.test(`${name} waits again for an input that comes back at the output's time`, () => {
    const combiner = new WatermarkCombiner(2, options);

    assertEquals(
      after(combiner, [0, 20], [1, 20], [0, "idle"], [0, "active"], [1, 50], [0, 30]),
      [MIN_WATERMARK, 20, 20, 20, 20, 30],
    );
  });

  Deno.test(`${name} goes on without an input that has ended`, () => {
    const combiner = new WatermarkCombiner(2, options);

    assertEquals(after(combiner, [0, 10], [1, 20], [0, "end"], [1, 40]), [MIN_WATERMARK, 10, 20, 40]);
    assertEquals([combiner.isIdle(0), combiner.idle], [true, false]);
  });

  Deno.test(`${name} does not move when its last input ends: the end is not for it to say`, () => {
    const combiner = new WatermarkCombiner(2, options);

    assertEquals(after(combiner, [0, 10], [1, 20], [1, "end"], [0, "end"]), [MIN_WATERMARK, 10, 10, 10]);
  });

  Deno.test(`${name} begins at the watermark of the last commit, and does not fall behind it`, () => {
    const combiner = new WatermarkCombiner(2, options, 100);

    assertEquals(combiner.watermarkMs, 100);
    assertEquals(after(combiner, [0, 50], [1, 60], [0, 130], [1, 120]), [100, 100, 100, 120]);
  });

  Deno.test(`${name} takes the one input's watermarks as they are when there is only one`, () => {
    const combiner = new WatermarkCombiner(1, options);

    assertEquals(after(combiner, [0, 5], [0, "idle"], [0, "active"], [0, 7]), [5, 5, 5, 7]);
  });
}

Deno.test("SPLITS is held back by an input that comes back behind", () => {
  const combiner = new WatermarkCombiner(2, SPLITS);

  assertEquals(
    after(combiner, [0, 10], [1, 20], [0, "idle"], [1, 50], [0, "active"], [0, 30], [1, 80], [0, 60]),
    [MIN_WATERMARK, 10, 20, 50, 50, 50, 50, 60],
  );
});

Deno.test("UNION is not held back by an input that comes back behind before it has caught up", () => {
  const combiner = new WatermarkCombiner(2, UNION);

  assertEquals(
    after(combiner, [0, 10], [1, 20], [0, "idle"], [1, 50], [0, "active"], [0, 30], [1, 80], [0, 90], [1, 100]),
    [MIN_WATERMARK, 10, 20, 50, 50, 50, 80, 80, 90],
  );
});

Deno.test("UNION counts an input that came back behind from the moment it reaches the output", () => {
  const combiner = new WatermarkCombiner(2, UNION);

  // At 50 input 0 has caught up with the output of 50; from there on it is waited for.
  assertEquals(
    after(combiner, [0, 10], [1, 20], [0, "idle"], [1, 50], [0, "active"], [0, 50], [1, 80], [0, 60]),
    [MIN_WATERMARK, 10, 20, 50, 50, 50, 50, 60],
  );
});

Deno.test("UNION gives no maximum when the last input to fall idle was behind and did not count", () => {
  const combiner = new WatermarkCombiner(3, UNION);

  assertEquals(
    after(combiner, [0, 10], [1, 20], [2, 90], [0, "idle"], [0, "active"], [0, 15], [2, "idle"], [1, "idle"], [
      0,
      "idle",
    ]),
    [MIN_WATERMARK, MIN_WATERMARK, 10, 20, 20, 20, 20, 20, 20],
  );
});

// A finished input stands at +∞ for ever; without the others it must not speak for them.
Deno.test("UNION does not come to the end when one input has ended and the other falls idle", () => {
  const combiner = new WatermarkCombiner(2, UNION);

  assertEquals(
    after(combiner, [0, MAX_WATERMARK], [1, 50], [1, "idle"], [1, "active"], [1, 60]),
    [MIN_WATERMARK, 50, 50, 50, 60],
  );
});

Deno.test("UNION comes to the end when all inputs have", () => {
  const combiner = new WatermarkCombiner(2, UNION);

  assertEquals(
    after(combiner, [0, MAX_WATERMARK], [1, 50], [1, MAX_WATERMARK]),
    [MIN_WATERMARK, 50, MAX_WATERMARK],
  );
});

// An input that ends and one that falls idle are two facts, and it makes no difference which one comes first.
for (const [name, options] of [["SPLITS", SPLITS], ["UNION", UNION], ["CONNECTED", CONNECTED]] as const) {
  Deno.test(`${name} comes to the same time and idleness in whatever order inputs end and fall idle`, () => {
    const whats = ["idle", "end"] as const;
    const times = [10, 20, 30];
    const inputs = name === "CONNECTED" ? 2 : 3;
    for (const order of permutations([...times.keys()].slice(0, inputs))) {
      const all = whats.flatMap((a) => whats.flatMap((b) => whats.map((c) => [a, b, c] as const)));
      for (const ends of all) {
        const steps = order.map((input): Step => [input, ends[input]!]);
        if (steps.every(([, what]) => what === "idle") && name === "CONNECTED") continue; // as in Flink it does there
        const combiner = new WatermarkCombiner(inputs, options);
        after(combiner, ...times.slice(0, inputs).map((ms, input): Step => [input, ms]));
        after(combiner, ...steps);
        const allEnded = steps.every(([, what]) => what === "end");
        assertEquals(combiner.idle, !allEnded, JSON.stringify(steps));
        if (!allEnded) assertEquals(combiner.watermarkMs, times[inputs - 1], JSON.stringify(steps));
      }
    }
  });
}

function permutations(some: readonly number[]): number[][] {
  if (some.length === 0) return [[]];
  return some.flatMap((first) => permutations(some.filter((each) => each !== first)).map((rest) => [first, ...rest]));
}

Deno.test("an idle input may end: the others alone are waited for then", () => {
  const combiner = new WatermarkCombiner(2, UNION);

  assertEquals(
    after(combiner, [0, 10], [1, 20], [0, "idle"], [0, MAX_WATERMARK], [0, "active"], [1, 30], [1, MAX_WATERMARK]),
    [MIN_WATERMARK, 10, 20, 20, 20, 30, MAX_WATERMARK],
  );
});

// As in Flink: there the watermark may jump when the first input comes back, before the operator is active again.
Deno.test("CONNECTED goes to the minimum of the active inputs when one comes back after all were idle", () => {
  const combiner = new WatermarkCombiner(2, CONNECTED);

  assertEquals(
    after(combiner, [0, 30], [1, 25], [0, "idle"], [1, "idle"], [0, "active"], [0, 40], [1, "active"], [0, 50], [
      1,
      45,
    ]),
    [MIN_WATERMARK, 25, 25, 25, 30, 40, 40, 40, 45],
  );
});

Deno.test("UNION goes on with an input that comes back ahead of what all were idle at", () => {
  const combiner = new WatermarkCombiner(3, UNION);
  after(combiner, [0, 10], [1, 20], [2, 90], [0, "idle"], [0, "active"], [0, 15]);

  assertEquals(
    after(combiner, [2, "idle"], [1, "idle"], [0, "idle"], [2, "active"], [2, 100], [2, 110]),
    [20, 20, 20, 20, 100, 110],
  );
});
