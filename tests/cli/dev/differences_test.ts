import { assertEquals } from "@std/assert";
import { differencesOf } from "../../../src/cli/dev/differences.ts";
import type { JobShape, NodeShape } from "../../../src/cli/dev/protocol.ts";
import { shapeOf } from "../../../src/cli/dev/shape.ts";
import {
  type DataStream,
  type EnvironmentOptions,
  StreamExecutionEnvironment,
  TumblingEventTimeWindows,
  WatermarkStrategy,
} from "../../../src/engine/mod.ts";
import { type DescribedJob, explained, setJobLauncher, type StateVersions } from "../../../src/engine/internal.ts";
import { TestSink, TestSource } from "../../../src/engine/testing/mod.ts";

interface Sale {
  readonly shop: string;
  readonly cents: number;
}

/** The shape of a job between a source and a sink. */
async function shape(
  describe: (sales: DataStream<Sale>) => DataStream<Sale>,
  { strategy = WatermarkStrategy.noWatermarks(), states = {}, ...options }: EnvironmentOptions & {
    readonly strategy?: WatermarkStrategy<Sale>;
    readonly states?: StateVersions;
  } = {},
): Promise<JobShape> {
  let shape: JobShape | undefined;
  setJobLauncher(({ graph, options }: DescribedJob) => {
    shape = shapeOf({ graph, options }, new Map(graph.nodes.map(({ uid }) => [uid, states])));
    return Promise.resolve(explained(options.jobName));
  });
  try {
    const env = new StreamExecutionEnvironment(options);
    describe(env.fromSource(new TestSource<Sale>("sales"), strategy, "sales")).sinkTo(new TestSink("totals"));
    await env.execute();
  } finally {
    setJobLauncher(undefined);
  }
  return shape!;
}

const keep = (sale: Sale) => sale;
const plain = (sales: DataStream<Sale>) => sales.map(keep).name("keep");
const windows = (ms: number) => (sales: DataStream<Sale>) =>
  sales.keyBy(({ shop }) => shop).window(TumblingEventTimeWindows.of(ms)).reduce((a) => a).name("per_shop");

Deno.test("differencesOf() finds nothing where nothing has changed", async () => {
  assertEquals(differencesOf(await shape(plain), await shape(plain)), []);
});

Deno.test("differencesOf() names operators that are new, gone, or named otherwise", async () => {
  const more = (sales: DataStream<Sale>) => sales.filter(({ cents }) => cents > 0).name("paid").map(keep).name("keep");
  assertEquals(differencesOf(await shape(plain), await shape(more)), [
    'filter "paid" is new, behind sales',
    'map "keep" reads from paid, before from sales',
  ]);
  assertEquals(differencesOf(await shape(more), await shape(plain)), [
    'filter "paid" is gone',
    'map "keep" reads from sales, before from paid',
  ]);
  const renamed = (sales: DataStream<Sale>) => sales.map(keep).name("kept");
  assertEquals(differencesOf(await shape(plain), await shape(renamed)), ['map "keep" is now named "kept"']);
});

Deno.test("differencesOf() names a function that has changed", async () => {
  const other = (sales: DataStream<Sale>) => sales.map((sale) => ({ ...sale })).name("keep");
  assertEquals(differencesOf(await shape(plain), await shape(other)), ['the function of map "keep" has changed']);
});

Deno.test("differencesOf() names windows of another size, with both", async () => {
  assertEquals(differencesOf(await shape(windows(1000)), await shape(windows(2000))), [
    'the window of window reduce "per_shop" is TumblingEventTimeWindows(2000 ms), before TumblingEventTimeWindows(1000 ms)',
  ]);
});

Deno.test("differencesOf() names another watermark strategy, and another key", async () => {
  const strategy = WatermarkStrategy.forBoundedOutOfOrderness<Sale>(500);
  assertEquals(differencesOf(await shape(plain), await shape(plain, { strategy })), [
    'the watermarks of source "sales" are out of order by up to 500 ms, before no watermarks',
  ]);
});

Deno.test("differencesOf() names states that are new, and those of another version or kind", async () => {
  const [v1, v2] = [
    await shape(plain, { states: { total: 1 } }),
    await shape(plain, { states: { total: 2, seen: "map 1" } }),
  ];
  const other = (sales: DataStream<Sale>) => sales.map((sale) => ({ ...sale })).name("keep");
  const changed = await shape(other, { states: { total: 2, seen: "map 1" } });
  const of = (node: string, said: string[]) => said.filter((words) => words.includes(`of "${node}"`));
  assertEquals(of("keep", differencesOf(v1, v2)), [
    'state "total" of "keep" is version 2, before version 1',
  ]);
  assertEquals(of("keep", differencesOf(v1, changed)), [
    'state "total" of "keep" is version 2, before version 1',
    'state "seen" of "keep" is new',
  ]);
});

Deno.test("differencesOf() names where a sink writes now", () => {
  const sink = (endpoint: string): JobShape => ({
    job: "a",
    servesHttp: false,
    keepsState: true,
    nodes: [
      {
        operation: "sink",
        name: "out",
        uid: "out",
        inputs: "in",
        endpoint,
        dependsOn: {},
        code: "",
        states: {},
      } satisfies NodeShape,
    ],
  });
  assertEquals(differencesOf(sink('topic "a"'), sink('topic "b"')), ['sink "out" writes topic "b", before topic "a"']);
});
