import { assertEquals } from "@std/assert";
import { type DataStream, type StreamExecutionEnvironment, TumblingEventTimeWindows } from "../../../src/engine/mod.ts";
import { JobHarness, TestSink, TestSource, watermarksByHand } from "../../../src/engine/testing/mod.ts";

/** Three sources: what ends and what falls idle must not depend on which comes first. */
function newSources() {
  const [a, b, c] = ["a", "b", "c"].map((name) => new TestSource<string>(name)) as [Source, Source, Source];
  const out = new TestSink<string>("out");
  const from = (env: StreamExecutionEnvironment, source: Source) =>
    env.fromSource(source, watermarksByHand(), source.name);
  return { a, b, c, out, from };
}

type Source = TestSource<string>;

const SHAPES = ["union", "connect"] as const;
const ORDERS = [["ends", "falls idle"], ["falls idle", "ends"]] as const;

for (const shape of SHAPES) {
  for (const order of ORDERS) {
    Deno.test(`event time goes on behind a ${shape} of which one input ${order.join(" and the other ")}`, async () => {
      const { a, b, c, out, from } = newSources();
      await using harness = await new JobHarness((env) => {
        const merged: DataStream<string> = shape === "union"
          ? from(env, a).union(from(env, b)).process<string>({
            processElement: (value, _, output) => output.collect(value),
          })
          : from(env, a).connect(from(env, b)).map<string>({ map1: (value) => value, map2: (value) => value });
        merged.union(from(env, c)).keyBy((value) => value).window(TumblingEventTimeWindows.of(10))
          .reduce((first) => first).sinkTo(out);
      }).start();
      await a.push("x", 7);
      await Promise.all([a.watermark(5), b.watermark(5), c.watermark(5)]);
      // Both with one input that ended and one that is idle.
      for (const what of order) await (what === "ends" ? a.end() : b.idle());
      assertEquals(out.values, []);

      await c.watermark(30);

      assertEquals(out.values, ["x"]);
      // What comes of the idle one later is not late, as far as the others have come.
      await b.push("y", 35);
      await b.watermark(50);
      await c.watermark(50);
      assertEquals([out.values, harness.books().late], [["x", "y"], 0]);
    });
  }
}
