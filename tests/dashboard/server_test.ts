/** The dashboard's server without a browser: whom it answers, and with what. */
import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { parseListenAddress } from "../../src/dashboard/listen_address.ts";
import { showDashboard } from "../../src/dashboard/main.ts";
import { UsageError } from "../../src/utils.ts";
import { onEmbeddedLog } from "../cli/brokers.ts";
import { ServedForTest } from "./served.ts";

onEmbeddedLog("the page and all modules that it imports are served as JavaScript without types", async (scope) => {
  await using dashboard = new ServedForTest(await scope.broker());
  const page = await (await dashboard.get("/jobs/some-job")).text();
  const seen = new Set<string>();
  const queue = [...page.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, path]) => path!);
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    if (seen.has(path)) continue;
    seen.add(path);
    const response = await dashboard.get(path);
    const text = await response.text();
    assertEquals(response.status, 200, path);
    const type = response.headers.get("content-type")!;
    if (!type.startsWith("text/javascript")) continue;
    // A package that is not served would stay a bare name, which no browser resolves.
    for (const [, from] of text.matchAll(/(?:^|[;}\s])(?:import|from)\s*\(?\s*["']([^"'\s]+)["']/g)) {
      assertMatch(from!, /^(\.{0,2}\/)/, path);
      queue.push(new URL(from!, `http://x${path}`).pathname);
    }
  }
  assert(seen.has("/page/jobs/table.ts") && seen.has("/npm/preact.js"), [...seen].join(" "));
});

onEmbeddedLog("no file outside of the page's folder is served", async (scope) => {
  await using dashboard = new ServedForTest(await scope.broker());
  const paths = [
    "/page/../main.ts",
    "/page/%2e%2e/main.ts",
    "/page/..%2fmain.ts",
    "/npm/../../deno.json",
    "/page/deno.json",
  ];
  for (const path of paths) {
    const text = await (await dashboard.get(path)).text();
    assertEquals(/runMain|compilerOptions|imports/.test(text), false, path);
  }
});

onEmbeddedLog("a name that is not the dashboard's is not answered, whatever address it leads to", async (scope) => {
  await using dashboard = new ServedForTest(await scope.broker());
  for (const path of ["/", "/api/session", "/api/jobs", "/api/events", "/page/main.ts"]) {
    for (
      const host of ["evil.example", `evil.example:${new URL(dashboard.origin).port}`, "", "localhost.evil.example"]
    ) {
      assertEquals((await dashboard.get(path, { host })).status, 403, `${path} of ${host}`);
    }
  }
  const port = new URL(dashboard.origin).port;
  for (const host of [`localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`, `LOCALHOST:${port}`]) {
    assertEquals((await dashboard.get("/api/jobs", { host })).status, 200, host);
  }
});

onEmbeddedLog("another site's page gets nothing; a link from it to the page is answered", async (scope) => {
  await using dashboard = new ServedForTest(await scope.broker());
  const others = [
    { origin: "https://evil.example" },
    { origin: "null" },
    { "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors" },
    { "sec-fetch-site": "same-site", "sec-fetch-mode": "cors" },
  ];
  for (const headers of others) {
    for (const path of ["/api/session", "/api/jobs", "/page/main.ts"]) {
      assertEquals((await dashboard.get(path, headers)).status, 403, `${path} ${JSON.stringify(headers)}`);
    }
  }
  const link = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" };
  assertEquals((await dashboard.get("/jobs", link)).status, 200);
  assertEquals((await dashboard.get("/api/session", link)).status, 403);
  assertEquals((await dashboard.get("/api/jobs", { "sec-fetch-site": "same-origin" })).status, 200);
});

onEmbeddedLog("a change without the session's token is refused, on every path", async (scope) => {
  await using dashboard = new ServedForTest(await scope.broker());
  for (const method of ["POST", "PUT", "DELETE", "PATCH"]) {
    for (const path of ["/api/dead-letters/job/replay", "/api/jobs", "/api/anything", "/"]) {
      assertEquals((await dashboard.ask(method, path)).status, 403, `${method} ${path}`);
      const headers = { "x-dashboard-token": "wrong" };
      assertEquals((await dashboard.ask(method, path, { headers })).status, 403, `${method} ${path}`);
    }
  }
  // With the token it is not refused, there is only nothing to change.
  assertEquals((await dashboard.post("/api/anything", {})).status, 404);
  const headers = { "x-dashboard-token": await dashboard.token(), origin: "https://evil.example" };
  assertEquals((await dashboard.ask("POST", "/api/anything", { headers })).status, 403);
});

onEmbeddedLog("every answer forbids scripts and styles that do not come from the server", async (scope) => {
  await using dashboard = new ServedForTest(await scope.broker());
  for (const path of ["/", "/api/jobs", "/page/main.ts", "/api/nothing"]) {
    const { headers } = await dashboard.get(path);
    const policy = headers.get("content-security-policy")!;
    assertMatch(policy, /default-src 'none'; script-src 'self'; style-src 'self';/, path);
    assertEquals(/unsafe|\*|https?:/.test(policy), false, policy);
    assertEquals([headers.get("x-content-type-options"), headers.get("x-frame-options")], ["nosniff", "DENY"], path);
  }
  const page = await (await dashboard.get("/")).text();
  assertEquals(/<script(?![^>]*src=)|<style|style=|\son\w+=/i.exec(page), null);
});

onEmbeddedLog("what changes nothing is answered from the browser's memory", async (scope) => {
  await using dashboard = new ServedForTest(await scope.broker());
  const first = await dashboard.get("/page/main.ts");
  const again = await dashboard.get("/page/main.ts", { "if-none-match": first.headers.get("etag")! });
  assertEquals([again.status, await again.text()], [304, ""]);
});

Deno.test("parseListenAddress() is for this machine alone unless a host is named", () => {
  assertEquals(parseListenAddress("8081"), { hostname: "127.0.0.1", port: 8081 });
  assertEquals(parseListenAddress("0.0.0.0:80"), { hostname: "0.0.0.0", port: 80 });
  assertEquals(parseListenAddress("[::1]:8081"), { hostname: "::1", port: 8081 });
  for (const text of ["", "x", "8081x", "99999", "host:", ":8081"]) {
    assertThrows(() => parseListenAddress(text), SyntaxError);
  }
});

Deno.test("deno task dashboard refuses to be reached from everywhere by names that nobody has named", async () => {
  const served = (args: readonly string[]) => showDashboard(AbortSignal.abort(), args);
  for (const http of ["0.0.0.0:0", "[::]:0"]) {
    const error = await assertRejects(() => served(["--http", http]), UsageError);
    assertMatch(error.message, /--allow-host/);
  }
});
