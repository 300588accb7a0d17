/** Commits that earlier versions wrote are restored, and the job goes on with them as those versions did. */
import { gunzipSync } from "node:zlib";
import { assertEquals } from "@std/assert";
import type { Broker } from "../../src/connectors/broker.ts";
import { SYSTEM_CLOCK } from "../../src/engine/mod.ts";
import { forJobs, onEachBroker, onEmbeddedLog } from "../cli/brokers.ts";
import { END_MS, goldenJob, HALF_MS, NAMES } from "./golden_job.ts";
import { feed, outputOf } from "./write_golden.ts";

/** By version of the format: `v1` was written before positions had an identity. */
const VERSIONS = ["v1"];

const fileOf = (version: string, name: string) => new URL(`${version}/${name}`, import.meta.url);

async function expectedOutput(version: string): Promise<{ readonly before: string[]; readonly after: string[] }> {
  return JSON.parse(await Deno.readTextFile(fileOf(version, "output.json")));
}

/** In no order; results of count windows have no event time, and what is written in its place is the version's to say. */
function comparable(output: readonly string[]): string[] {
  return output.map((line) => line.replace(/^\d+ (?=\{"from":"(counted|slid)")/, "")).sort();
}

async function runToTheEnd(broker: Broker, names: typeof NAMES = NAMES): Promise<void> {
  await feed(broker, { fromMs: HALF_MS, toMs: END_MS, topic: names.input });
  const { signal } = new AbortController();
  await goldenJob(forJobs(broker), { bounded: true, signal, clock: SYSTEM_CLOCK, names }).execute();
}

for (const version of VERSIONS) {
  onEmbeddedLog(`an embedded log of ${version} is opened, and its job goes on from its commit`, async (scope) => {
    const dir = await scope.dir();
    await Deno.writeFile(`${dir}/log.sqlite`, gunzipSync(await Deno.readFile(fileOf(version, "log.sqlite.gz"))));
    const broker = await scope.embedded(dir);
    const { before, after } = await expectedOutput(version);
    assertEquals(await outputOf(broker), before);
    await runToTheEnd(broker);

    assertEquals(comparable((await outputOf(broker)).slice(before.length)), comparable(after));
  });

  onEachBroker(`a commit of ${version} is restored, and its job goes on from it`, async (scope) => {
    const broker = await scope.broker();
    const names = { job: scope.name("golden"), input: scope.name("in"), output: scope.name("out") };
    await broker.createTopics([{ name: names.input, partitions: 1 }, { name: names.output, partitions: 1 }]);
    await feed(broker, { fromMs: 0, toMs: HALF_MS, topic: names.input });
    const commit: Record<string, string> = JSON.parse(await Deno.readTextFile(fileOf(version, "commit.json")));
    const lease = await broker.openJob({
      job: names.job,
      topics: [names.input],
      sessionTimeoutMs: 6_000,
      exactlyOnce: true,
      whenActive: "refuse",
      onStandby: () => {},
      signal: new AbortController().signal,
    });
    const split = (topic: string) => JSON.stringify(["split", "items", `${topic}-0`]);
    const changes = Object.entries(commit).map(([entry, text]) =>
      [entry === split(NAMES.input) ? split(names.input) : entry, text] as const
    );
    await lease.commit({ changes, positions: [] });
    await lease.close();
    await runToTheEnd(broker, names);

    const { after } = await expectedOutput(version);
    assertEquals(comparable(await outputOf(broker, names.output)), comparable(after));
  });
}
