/**
 * Writes the golden files of the version that it is run with, into the directory that is its argument:
 *
 * - `log.sqlite.gz`, an embedded log with both topics and the job's commit after the first half of the input
 * - `commit.json`, the entries of that commit
 * - `output.json`, what the job wrote until then, and what it wrote when it went on to the end of the second half
 *
 * To make those of another version, run it there:
 * `deno run -A tests/golden/write_golden.ts tests/golden/v2`.
 */
import { gzipSync } from "node:zlib";
import { openEmbeddedBroker } from "../../src/connectors/embedded/mod.ts";
import { JobBroker } from "../../src/connectors/mod.ts";
import { SYSTEM_CLOCK } from "../../src/engine/mod.ts";
import type { Broker } from "../../src/connectors/broker.ts";
import { END_MS, goldenJob, HALF_MS, inputOf, NAMES } from "./golden_job.ts";

/** Records of the output in their order: time and text. */
export async function outputOf(broker: Broker, topic = NAMES.output): Promise<string[]> {
  const fetcher = await broker.fetcher();
  const end = (await broker.describeTopics([topic]))[0]!.endOffsets[0]!;
  const lines: string[] = [];
  for (let offset = 0; offset < end;) {
    for (const batch of await fetcher.fetch([{ topic, partition: 0, offset }], 1_000)) {
      for (const { value, timestampMs } of batch.records) {
        lines.push(`${timestampMs} ${new TextDecoder().decode(value!)}`);
      }
      offset = batch.nextOffset;
    }
  }
  await fetcher.close();
  return lines;
}

/** Appends a part of the input. */
export async function feed(
  broker: Broker,
  { fromMs, toMs, topic = NAMES.input }: { readonly fromMs: number; readonly toMs: number; readonly topic?: string },
): Promise<void> {
  const producer = await broker.producer();
  const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
  await producer.send(
    inputOf(fromMs, toMs).map(({ item, timestampMs }) => ({
      topic,
      partition: 0,
      key: encode({ key: item.key }),
      value: encode(item),
      timestampMs,
    })),
  );
  await producer.close();
}

async function main(dir: string): Promise<void> {
  await Deno.mkdir(dir, { recursive: true });
  const work = await Deno.makeTempDir();
  const broker = await openEmbeddedBroker({ dir: work });
  const store = new JobBroker(broker);
  await broker.createTopics([{ name: NAMES.input, partitions: 1 }, { name: NAMES.output, partitions: 1 }]);
  await feed(broker, { fromMs: 0, toMs: HALF_MS });
  // A live run that is stopped when it has taken all: windows and timers are open then.
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 3_000);
  await goldenJob(store, { bounded: false, signal: stop.signal, clock: SYSTEM_CLOCK }).execute();
  const commit = Object.fromEntries([...await broker.readCommit(NAMES.job)].sort(([a], [b]) => (a < b ? -1 : 1)));
  const before = await outputOf(broker);
  await broker.close();
  await Deno.writeFile(`${dir}/log.sqlite.gz`, gzipSync(await Deno.readFile(`${work}/log.sqlite`)));

  const again = await openEmbeddedBroker({ dir: work });
  await feed(again, { fromMs: HALF_MS, toMs: END_MS });
  const { signal } = new AbortController();
  await goldenJob(new JobBroker(again), { bounded: true, signal, clock: SYSTEM_CLOCK }).execute();
  const after = (await outputOf(again)).slice(before.length);
  await again.close();
  await Deno.remove(work, { recursive: true });
  await Deno.writeTextFile(`${dir}/commit.json`, `${JSON.stringify(commit, null, 1)}\n`);
  await Deno.writeTextFile(`${dir}/output.json`, `${JSON.stringify({ before, after }, null, 1)}\n`);
}

if (import.meta.main) await main(Deno.args[0]!);
