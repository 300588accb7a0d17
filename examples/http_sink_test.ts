import { SILENT, StreamExecutionEnvironment } from "@stream-apps/deno";
import { MemoryJobStore } from "@stream-apps/deno/testing";
import { assertEquals, assertNotEquals } from "@std/assert";
import { HttpSink } from "./http_sink.ts";

const allowed = Deno.permissions.querySync({ name: "net" }).state === "granted";

Deno.test({
  name: `HttpSink posts batches under keys that a repetition has too, and what is refused becomes dead letters${
    allowed ? "" : " (skipped: it needs the network)"
  }`,
  ignore: !allowed,
  async fn() {
    const posts: { readonly key: string | null; readonly values: readonly number[] }[] = [];
    await using server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
      const values: number[] = await request.json();
      posts.push({ key: request.headers.get("idempotency-key"), values });
      return new Response(null, {
        status: values.includes(4) ? 422 : values.includes(5) && posts.length < 8 ? 503 : 200,
      });
    });
    const url = new URL(`http://127.0.0.1:${server.addr.port}/results`);
    const run = async (numbers: readonly number[]) => {
      const store = new MemoryJobStore();
      const env = new StreamExecutionEnvironment({ jobName: "numbers", store, logger: SILENT });
      env.fromCollection(numbers).sinkTo(new HttpSink<number>({ url, batch: 2 }));
      await env.execute();
      return store;
    };

    await run([1, 2, 3]);
    assertEquals(posts.map(({ values }) => values), [[1, 2], [3]]);
    assertNotEquals(posts[0]!.key, posts[1]!.key);
    await run([1, 2, 3]); // as after a crash before the commit
    assertEquals(posts.slice(2), posts.slice(0, 2));

    const { letters } = await run([1, 2, 4]);
    assertEquals(letters.map(({ message }) => message), [`Cannot post 1 record(s) to ${url.host}: it answered 422`]);

    // What may pass is no fault of the records: the job goes back to its last commit and tries again.
    posts.length = 6;
    assertEquals((await run([5])).letters, []);
    assertEquals(posts.slice(6).map(({ values }) => values), [[5], [5]]);
  },
});
