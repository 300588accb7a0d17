/**
 * How long the thread of a job stands still at most, so that no timer, signal or request has its turn:
 * `deno run -A bench/in_memory/blocks.ts [WINDOWS] [CHANGES]`. A million windows that fire at once, and one commit of two million
 * changed values on the embedded log. On a busy machine read the processor time. With `--json` it prints both blocks as data.
 */
import process from "node:process";
import { openBroker } from "../../src/connectors/mod.ts";
import {
  DataGeneratorSource,
  SILENT,
  StreamExecutionEnvironment,
  TumblingEventTimeWindows,
  WatermarkStrategy,
} from "../../src/engine/mod.ts";
import { writeOutput } from "../../src/utils.ts";

interface Item {
  readonly key: number;
  readonly n: number;
  readonly atMs: number;
}

const add = (a: Item, b: Item): Item => ({ ...a, n: a.n + b.n });

/** A time in which the thread of a job did not turn to anything else. */
export interface Block {
  readonly wallMs: number;
  /** All threads of the process, as the garbage collector's. */
  readonly cpuMs: number;
}

/** Runs `work`. @returns the longest time in which no timer had its turn, by either measure */
async function longestBlock(work: () => Promise<unknown>): Promise<Block> {
  let longest: Block = { wallMs: 0, cpuMs: 0 };
  let [lastMs, lastCpu] = [performance.now(), process.cpuUsage()];
  const look = () => {
    const { user, system } = process.cpuUsage(lastCpu);
    longest = {
      wallMs: Math.max(longest.wallMs, performance.now() - lastMs),
      cpuMs: Math.max(longest.cpuMs, (user + system) / 1_000),
    };
    [lastMs, lastCpu] = [performance.now(), process.cpuUsage()];
  };
  const timer = setInterval(look, 5);
  await work();
  look();
  clearInterval(timer);
  return longest;
}

/** One record of each key at first, and one that closes their windows. */
function itemsOf(keys: number): DataGeneratorSource<Item> {
  return new DataGeneratorSource({
    count: keys + 1,
    generate: (i): Item => i < keys ? { key: i, n: 1, atMs: 1 } : { key: 0, n: 1, atMs: 60_000 },
  });
}

async function fireWindows(windows: number): Promise<void> {
  const env = new StreamExecutionEnvironment({ logger: SILENT });
  const inOrder = WatermarkStrategy.forMonotonousTimestamps<Item>().withTimestampAssigner(({ atMs }) => atMs);
  env.fromSource(itemsOf(windows), inOrder, "items").keyBy(({ key }) => key)
    .window(TumblingEventTimeWindows.of(10_000)).reduce(add).filter(() => false).print();
  await env.execute();
}

async function commitChanges(changes: number): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "blocks-" });
  {
    await using broker = await openBroker({ settings: { broker: "embedded", dir, sync: "normal" }, logger: SILENT });
    const env = new StreamExecutionEnvironment({
      jobName: "blocks",
      store: broker,
      logger: SILENT,
      commitIntervalMs: 3_600_000,
    });
    env.fromSource(itemsOf(changes), WatermarkStrategy.noWatermarks(), "items").keyBy(({ key }) => key).reduce(add)
      .filter(() => false).print();
    await env.execute();
  }
  await Deno.remove(dir, { recursive: true });
}

if (import.meta.main) {
  const asJson = Deno.args[0] === "--json";
  const [windows = 1_000_000, changes = 2_000_000] = Deno.args.slice(asJson ? 1 : 0).map(Number);
  const firing = await longestBlock(() => fireWindows(windows));
  const commit = await longestBlock(() => commitChanges(changes));
  const line = ({ wallMs, cpuMs }: Block, what: string) =>
    `${what}: ${wallMs.toFixed(0)} ms at most, of processor time ${cpuMs.toFixed(0)} ms\n`;
  await writeOutput(
    asJson
      ? JSON.stringify({ firing, commit })
      : line(firing, `${windows} windows fire`) + line(commit, `a commit of ${changes} changes`),
  );
}
