/**
 * From a CSV file by windows to a CSV file: what was sold per city and hour.
 *
 * Rows are read once, in order; rows that do not fit the schema become dead letters. Parts of the report get their names when
 * the job commits, so that whoever takes them away finds each line once.
 */
import { type StreamExecutionEnvironment, Time, WatermarkStrategy } from "@stream-apps/deno";
import { CsvEncoder, CsvReaderFormat, FileSink, FileSource } from "@stream-apps/deno/files";
import { type Collector, ProcessWindowFunction, type WindowContext } from "@stream-apps/deno/functions";
import { type TimeWindow, TumblingEventTimeWindows } from "@stream-apps/deno/windows";
import { z } from "zod";

const sale = z.object({ time: z.iso.datetime(), city: z.string(), euros: z.coerce.number() });
type Sale = z.infer<typeof sale>;
interface Row {
  readonly hour: string;
  readonly city: string;
  readonly euros: number;
}

/** Describes the job; `path` is a file or a folder, `dir` a folder for the parts of the report. */
export function describeReport(env: StreamExecutionEnvironment, { path, dir }: { path: string; dir: string }): void {
  const watermarks = WatermarkStrategy.forBoundedOutOfOrderness<Sale>(Time.minutes(5))
    .withTimestampAssigner(({ time }) => Date.parse(time));
  env.fromSource(new FileSource({ path, format: new CsvReaderFormat({ schema: sale }) }), watermarks, "sales")
    .keyBy(({ city }) => city)
    .window(TumblingEventTimeWindows.of(Time.hours(1)))
    .reduce((a, b) => ({ ...a, euros: a.euros + b.euros }), new WithHour()).name("per_hour")
    .sinkTo(new FileSink<Row>({ dir, format: new CsvEncoder<Row>(["hour", "city", "euros"]) })).name("report");
}

class WithHour extends ProcessWindowFunction<Sale, Row, string> {
  override process(city: string, context: WindowContext<TimeWindow>, [all]: Iterable<Sale>, out: Collector<Row>): void {
    out.collect({ hour: new Date(context.window().startMs).toISOString(), city, euros: all!.euros });
  }
}
