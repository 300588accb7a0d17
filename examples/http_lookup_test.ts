import { SILENT, StreamExecutionEnvironment } from "@stream-apps/deno";
import { assertEquals } from "@std/assert";
import { withPrices } from "./http_lookup.ts";

const allowed = Deno.permissions.querySync({ name: "net" }).state === "granted";

Deno.test({
  name: `withPrices() asks again where that may help, and knows what nobody knows${
    allowed ? "" : " (skipped: it needs the network)"
  }`,
  ignore: !allowed,
  async fn() {
    const asked: string[] = [];
    await using server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, ({ url }) => {
      const article = new URL(url).pathname.slice(1);
      asked.push(article);
      if (article === "unknown") return new Response("no such article", { status: 404 });
      if (article === "broken") return new Response("always", { status: 500 });
      if (article === "busy" && asked.filter((each) => each === "busy").length < 3) {
        return new Response("not now", { status: 503 });
      }
      return Response.json({ cents: 100 });
    });
    const env = new StreamExecutionEnvironment({ onError: "skip", logger: SILENT });
    const orders = env.fromCollection(["pen", "unknown", "busy", "broken"].map((article) => ({ article, pieces: 1 })));
    const priced = await withPrices(orders, new URL(`http://127.0.0.1:${server.addr.port}/`), 1).executeAndCollect();

    assertEquals(priced.toSorted((a, b) => a.article < b.article ? -1 : 1), [
      { article: "busy", pieces: 1, cents: 100 },
      { article: "pen", pieces: 1, cents: 100 },
      { article: "unknown", pieces: 1, cents: null },
    ]);
    const times = (article: string) => asked.filter((each) => each === article).length;
    assertEquals([times("busy"), times("broken"), times("unknown")], [3, 5, 1]);
  },
});
