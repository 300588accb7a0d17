import { type DataStream, JobError, WatermarkStrategy } from "@stream-apps/deno";
import {
  type Collector,
  type KeyedProcessContext,
  KeyedProcessFunction,
  type KeyedRuntimeContext,
} from "@stream-apps/deno/functions";
import { type ValueState, ValueStateDescriptor } from "@stream-apps/deno/state";
import { JobHarness, TestSink, TestSource } from "@stream-apps/deno/testing";
import { assertEquals, assertRejects } from "@std/assert";
import { type Order, type Turnover, turnoverOf } from "./schema_change.ts";

/** The job as it was, whose state has `kept` in it after each order. */
class Earlier extends KeyedProcessFunction<string, Order, Turnover> {
  readonly #version: number;
  readonly #kept: unknown;
  #turnover!: ValueState<unknown>;

  constructor(version: number, kept: unknown) {
    super();
    this.#version = version;
    this.#kept = kept;
  }

  override open(context: KeyedRuntimeContext): void {
    this.#turnover = context.getState(new ValueStateDescriptor<unknown>("turnover", { version: this.#version }));
  }

  override processElement(_order: Order, _context: KeyedProcessContext<string>, out: Collector<Turnover>): void {
    this.#turnover.update(this.#kept);
    out.collect({ cents: 0, orders: 0 });
  }
}

/** Runs a version of the job over one order, then the present one over another. @returns what that emits */
async function after(version: number, kept: unknown): Promise<Turnover[]> {
  const earlier = (orders: DataStream<Order>) =>
    orders.keyBy(({ customer }) => customer).process(new Earlier(version, kept)).name("turnover");
  let describe: (orders: DataStream<Order>) => DataStream<Turnover> = earlier;
  const orders = new TestSource<Order>("orders");
  const turnovers = new TestSink<Turnover>("turnovers");
  await using harness = new JobHarness((env) => {
    describe(env.fromSource(orders, WatermarkStrategy.noWatermarks(), "orders")).sinkTo(turnovers);
  });
  await harness.start();
  await orders.push({ customer: "eva", cents: 0 });
  await harness.stop();

  describe = turnoverOf;
  await harness.start();
  await orders.push({ customer: "eva", cents: 1 });
  return turnovers.values.slice(1);
}

Deno.test("turnoverOf() goes on from what each earlier version has stored", async () => {
  assertEquals(await after(1, 12.34), [{ cents: 1_235, orders: 1 }]);
  assertEquals(await after(2, { cents: 500 }), [{ cents: 501, orders: 1 }]);
});

Deno.test("turnoverOf() is not started on a version that it does not know", async () => {
  await assertRejects(
    () => after(0, "much"),
    JobError,
    'Cannot migrate state "turnover" of "turnover" from version 0 to 3, key "eva": nothing is known of version 0',
  );
});
