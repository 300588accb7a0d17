import { assertEquals } from "@std/assert";
import type { DataStream } from "../../../src/engine/api/data_stream.ts";
import { StreamExecutionEnvironment } from "../../../src/engine/api/environment.ts";
import { KeyedCoProcessFunction } from "../../../src/engine/functions/process_functions.ts";
import { ProcessJoinFunction } from "../../../src/engine/functions/process_join_function.ts";
import { describeStart, warnOfMiddle } from "../../../src/engine/reporting/describe_start.ts";
import type { Source, StartingPoint } from "../../../src/engine/source.ts";
import { WatermarkStrategy } from "../../../src/engine/time/watermark_strategy.ts";
import { TumblingEventTimeWindows } from "../../../src/engine/windows/tumbling_event_time_windows.ts";
import { MapStateDescriptor } from "../../../src/engine/state/state.ts";

class Pairs extends ProcessJoinFunction<string, string, string> {
  override processElement(): void {}
}

class Nothing extends KeyedCoProcessFunction<string, string, string, string> {
  override processElement1(): void {}
  override processElement2(): void {}
}

class Topic implements Source<string> {
  readonly description = "topic";
  readonly topics = ["topic"];

  constructor(readonly from?: StartingPoint) {}

  open(): Promise<never> {
    throw new Error("not opened");
  }
}

const same = (text: string) => text;

/** What is said of a job with a source `left` and a source `right`. */
function saidOf(
  take: (left: DataStream<string>, right: DataStream<string>) => void,
  places: { left?: StartingPoint; right?: StartingPoint; job?: StartingPoint } = {},
): { warning: string | undefined; start: string } {
  const env = new StreamExecutionEnvironment();
  const of = (name: string, from?: StartingPoint) =>
    env.fromSource(new Topic(from), WatermarkStrategy.noWatermarks<string>(), name).map(same);
  take(of("left", places.left), of("right", places.right));
  const { job = "latest" } = places;
  return { warning: warnOfMiddle(env.graph, job), start: describeStart(env.graph, job) };
}

const takingBoth: Record<
  string,
  (left: DataStream<string>, right: DataStream<string>) => { name(name: string): unknown }
> = {
  connect: (left, right) => left.keyBy(same).connect(right.keyBy(same)).process(new Nothing()),
  join: (left, right) =>
    left.join(right).where(same).equalTo(same).window(TumblingEventTimeWindows.of(10)).apply((one, two) => one + two),
  coGroup: (left, right) =>
    left.coGroup(right).where(same).equalTo(same).window(TumblingEventTimeWindows.of(10)).apply((one) => [...one]),
  intervalJoin: (left, right) => left.keyBy(same).intervalJoin(right.keyBy(same)).between(-1, 1).process(new Pairs()),
  broadcast: (left, right) =>
    left.connect(right.broadcast(new MapStateDescriptor<string, string>("rules"))).process({
      processElement: () => {},
      processBroadcastElement: () => {},
    } as never),
};

for (const [what, take] of Object.entries(takingBoth)) {
  Deno.test(`warnOfMiddle() warns of a ${what} whose streams both begin in the middle`, () => {
    const { warning } = saidOf((left, right) => void take(left, right).name("both"));
    assertEquals(
      warning,
      '"both" takes two streams together that both begin in the middle, "left" behind the newest records, "right" behind the ' +
        'newest records: what lies before is not found; give the source that is looked up { from: "earliest" }, or start ' +
        "with --reset --from earliest",
    );
  });

  Deno.test(`warnOfMiddle() is content with a ${what} one of whose streams has all that there is`, () => {
    const taking = (left: DataStream<string>, right: DataStream<string>) => void take(left, right);
    assertEquals(saidOf(taking, { right: "earliest" }).warning, undefined);
    assertEquals(saidOf(taking, { job: "earliest", left: 5_000 }).warning, undefined);
    assertEquals(typeof saidOf(taking, { job: "earliest", left: 5_000, right: "latest" }).warning, "string");
  });
}

Deno.test("warnOfMiddle() has nothing to say of a union, nor of sources that know no place", () => {
  assertEquals(saidOf((left, right) => void left.union(right).keyBy(same).reduce(same)).warning, undefined);
  const env = new StreamExecutionEnvironment();
  const [left, right] = [env.fromCollection(["a"]), env.fromCollection(["b"])];
  left.keyBy(same).connect(right.keyBy(same)).process(new Nothing());
  assertEquals(warnOfMiddle(env.graph, "latest"), undefined);
});

Deno.test("describeStart() names the sources that begin elsewhere", () => {
  const { start } = saidOf(() => {}, { left: "earliest", right: "latest" });
  assertEquals(start, 'behind the newest records, "left" at the oldest records');
  assertEquals(saidOf(() => {}, { job: 0, left: 0 }).start, "at records of 1970-01-01T00:00:00.000Z");
});
