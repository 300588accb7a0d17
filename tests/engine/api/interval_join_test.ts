import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { StreamExecutionEnvironment } from "../../../src/engine/api/environment.ts";
import { JobError } from "../../../src/engine/errors.ts";
import { ProcessJoinFunction } from "../../../src/engine/functions/process_join_function.ts";
import { OutputTag } from "../../../src/engine/side_output.ts";
import { WatermarkStrategy } from "../../../src/engine/time/watermark_strategy.ts";
import { JobHarness } from "../../../src/engine/testing/job_harness.ts";
import { outputOf } from "../counting_job.ts";
import { ManualClock } from "../../../src/engine/testing/manual_clock.ts";
import { at, ScriptSource } from "../script_source.ts";

interface Order {
  readonly customer: string;
  readonly item: string;
}

interface Payment {
  readonly payer: string;
  readonly sum: number;
}

const newEnv = () => new StreamExecutionEnvironment({ clock: new ManualClock() });

function newStreams(env = newEnv()) {
  const orders = env.fromCollection<Order>([]).keyBy(({ customer }) => customer);
  const payments = env.fromCollection<Payment>([]).keyBy(({ payer }) => payer);
  return { orders, payments };
}

const LATE_ORDERS = new OutputTag<Order>("late-orders");
const LATE_PAYMENTS = new OutputTag<Payment>("late-payments");

/** "book 12": an order and what was paid within 5 ms of it; late ones by themselves. */
function paidOrders(lowerMs = -5, upperMs = 5) {
  const orders = new ScriptSource<Order>({
    "o-0": [
      at(10, { customer: "a", item: "book" }),
      at(12, { customer: "b", item: "pen" }),
      at(12, { customer: "a", item: "cup" }),
      at(30, { customer: "a", item: "lamp" }),
      at(1, { customer: "a", item: "late" }),
      at(60, { customer: "z", item: "end" }),
    ],
  });
  const payments = new ScriptSource<Payment>({
    "p-0": [
      at(6, { payer: "a", sum: 1 }),
      at(14, { payer: "a", sum: 2 }),
      at(14, { payer: "b", sum: 3 }),
      at(35, { payer: "a", sum: 4 }),
      at(2, { payer: "b", sum: 5 }),
      at(60, { payer: "y", sum: 6 }),
    ],
  });
  const job = new JobHarness((env, { store }) => {
    const [first, second] = [
      env.fromSource(orders, WatermarkStrategy.forMonotonousTimestamps<Order>(), "orders"),
      env.fromSource(payments, WatermarkStrategy.forMonotonousTimestamps<Payment>(), "payments"),
    ];
    const paid = first.keyBy(({ customer }) => customer).intervalJoin(second.keyBy(({ payer }) => payer))
      .between(lowerMs, upperMs).sideOutputLeftLateData(LATE_ORDERS).sideOutputRightLateData(LATE_PAYMENTS)
      .process<string>({ processElement: ({ item }, { sum }, _context, out) => out.collect(`${item} ${sum}`) })
      .name("paid");
    paid.sinkTo(store.sink("paid"));
    paid.getSideOutput(LATE_ORDERS).map(({ item }) => `late ${item}`).sinkTo(store.sink("late_orders"));
    paid.getSideOutput(LATE_PAYMENTS).map(({ sum }) => `late ${sum}`).sinkTo(store.sink("late_payments"));
  });
  for (const source of [orders, payments]) {
    source.stepwise = true;
    source.onPoll = () => job.clock.advance(1_000);
  }
  return job;
}

// Records are taken in order of time; what stands behind a later one comes with it: the late ones after 30 and 35.
const PAID = ["book 1 @10", "book 2 @14", "cup 2 @14", "pen 3 @14", "late late @1", "lamp 4 @35", "late 5 @2"];

Deno.test("intervalJoin() joins records of two streams by key and time, and gives late ones by themselves", async () => {
  const job = paidOrders();
  await job.run();

  assertEquals(outputOf(job), PAID);
  assertEquals(job.store.entriesOf("state"), {});
});

Deno.test("intervalJoin() gives the same, record for record, when the job dies at any commit", async () => {
  const undisturbed = paidOrders();
  await undisturbed.run();
  const commits = undisturbed.store.commits.length;
  assert(commits >= 6, `too few commits to be a test: ${commits}`);

  for (const moment of ["beforeCommit", "afterCommit"] as const) {
    for (let fatal = 1; fatal <= commits; fatal++) {
      const job = paidOrders();
      job.store[moment] = (number) => {
        if (number === fatal) throw new Error("kill -9");
      };
      await assertRejects(() => job.run(), Error, "kill -9");
      await job.run();
      assertEquals(outputOf(job), PAID, `${moment} ${fatal} of ${commits}`);
    }
  }
});

Deno.test("intervalJoin() refuses what it kept for another interval, naming both", async () => {
  const job = paidOrders();
  job.store.beforeCommit = (number) => {
    if (number === 4) throw new Error("kill -9");
  };
  await assertRejects(() => job.run(), Error, "kill -9");
  job.store.beforeCommit = () => {};
  const other = paidOrders(-5, 6);
  for (const [entry, text] of job.store.entries) other.store.entries.set(entry, text);

  await assertRejects(
    () => other.run(),
    JobError,
    'Cannot restore "paid": its state was written with interval -5 ms to 5 ms, now it is -5 ms to 6 ms',
  );
});

Deno.test("between() leaves out the bounds that are named", () => {
  const env = newEnv();
  const { orders, payments } = newStreams(env);
  const join = orders.intervalJoin(payments);
  const nothing: ProcessJoinFunction<Order, Payment, never> = { processElement() {} };
  join.between(-2, 1, { lowerBoundExclusive: true }).process(nothing);
  join.between(-2, 1, { upperBoundExclusive: true }).process(nothing);
  join.between(5, 5).process(nothing);

  const intervals = env.graph.nodes.flatMap((node) =>
    node.kind === "operator" ? [node.create().compatibility!()["interval"]] : []
  );
  assertEquals(intervals, ["-1 ms to 1 ms", "-2 ms to 0 ms", "5 ms to 5 ms"]);
});

Deno.test("between() refuses bounds that leave nothing or are no whole numbers", () => {
  const { orders, payments } = newStreams();
  const join = orders.intervalJoin(payments);
  const cases: readonly [() => unknown, string][] = [
    [() => join.between(2, 1), "as no time lies between lowerMs and upperMs: current values are 2 and 1"],
    [
      () => join.between(0, 1, { lowerBoundExclusive: true, upperBoundExclusive: true }),
      "as no time lies between lowerMs and upperMs without the bounds that are left out: current values are 0 and 1",
    ],
    [() => join.between(0.5, 1), "as lowerMs must be a whole number: current value is 0.5"],
    [() => join.between(0, Number.POSITIVE_INFINITY), "as upperMs must be a whole number: current value is Infinity"],
  ];
  for (const [describe, message] of cases) assertThrows(describe, RangeError, `Cannot describe between() ${message}`);
});

Deno.test("process() of an interval join refuses what it cannot use, at the line that was written", () => {
  class Join extends ProcessJoinFunction<Order, Payment, string> {
    processElement() {}
  }
  const joined = () => newStreams().orders.intervalJoin(newStreams().payments);
  assertThrows(joined, TypeError, "streams of two environments");
  const { orders, payments } = newStreams();
  const pairs = orders.intervalJoin(payments).between(0, 1);

  assertThrows(() => pairs.process(Join as never), TypeError, "it was given a class: write new Join()");
  assertThrows(() => pairs.process({} as never), TypeError, "which has processElement()");
  assertThrows(
    () => pairs.sideOutputLeftLateData("late" as never),
    TypeError,
    "Cannot describe sideOutputLeftLateData(): it takes an OutputTag",
  );
  assertThrows(() => pairs.sideOutputRightLateData({} as never), TypeError, "sideOutputRightLateData()");
});

Deno.test("intervalJoin() keeps types from one end to the other", () => {
  const { orders, payments } = newStreams();
  const bySum = newEnv().fromCollection<Payment>([]).keyBy(({ sum }) => sum);
  // @ts-expect-error: one is keyed by text, the other by number
  assertThrows(() => orders.intervalJoin(bySum));
  // @ts-expect-error: the other has no key
  assertThrows(() => orders.intervalJoin(payments.map((payment) => payment)));

  const pairs = orders.intervalJoin(payments).between(0, 1);
  pairs.process<number>({ processElement: ({ item }, { sum }, _context, out) => out.collect(item.length + sum) })
    .map((n) => n.toFixed());
  // @ts-expect-error: the tag of the left stream's records is wanted
  pairs.sideOutputLeftLateData(LATE_PAYMENTS);
  // @ts-expect-error: the left record is an Order
  pairs.process({ processElement: (left: Payment, _right, _context, out) => out.collect(left) });
});
