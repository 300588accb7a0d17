import { OperatorHarness } from "@stream-apps/deno/testing";
import { assertEquals } from "@std/assert";
import { type PageViews, type TopPages, topPages } from "./top_n.ts";

Deno.test("topPages() ranks the pages of each window, equal ones by name", () => {
  const harness = OperatorHarness.of<PageViews, TopPages>((views) => topPages(views, { n: 2, windowMs: 60_000 }));
  for (const [page, atMs] of [["b", 1], ["c", 2], ["a", 3], ["c", 59_999], ["d", 60_000]] as const) {
    harness.record({ page, views: 1 }, atMs);
  }
  harness.watermark(59_999).watermark(119_999);
  const results = harness.take().filter((each): each is [TopPages, number] => Array.isArray(each));
  assertEquals(results, [
    [{ windowStart: 0, pages: [{ page: "c", views: 2 }, { page: "a", views: 1 }] }, 59_999],
    [{ windowStart: 60_000, pages: [{ page: "d", views: 1 }] }, 119_999],
  ]);
});
