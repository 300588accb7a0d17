import { assertEquals } from "@std/assert";
import { StreamExecutionEnvironment } from "../../../src/engine/mod.ts";
import { type DescribedJob, setJobLauncher } from "../../../src/engine/runtime/launcher.ts";

Deno.test("a launcher takes a job in place of the engine, and can run it", async () => {
  const seen: string[] = [];
  const taken: DescribedJob[] = [];
  const env = new StreamExecutionEnvironment({ jobName: "lengths" });
  env.fromCollection(["a", "bcd"]).map((text) => text.length).name("length").filter((n) => {
    seen.push(`${n}`);
    return true;
  }).print();
  setJobLauncher((job) => {
    taken.push(job);
    const { jobName } = job.options;
    return Promise.resolve({ jobName, end: "explained", books: { recordsIn: 0 } as never });
  });
  try {
    assertEquals((await env.execute()).end, "explained");
    assertEquals(seen, []);
  } finally {
    setJobLauncher(undefined);
  }
  const [{ graph, options, run }] = taken as [DescribedJob];
  assertEquals(graph.nodes.map(({ name }) => name), ["collection", "length", "filter", "print-4"]);
  const nodes = graph.nodes.filter(({ kind }) => kind !== "sink");
  assertEquals((await run({ nodes }, options)).end, "finished");
  assertEquals(seen, ["1", "3"]);
});
