/**
 * The N pages with the most views in each window, with the window's start in the result.
 *
 * Views are counted per page and window; a second window of the same length, over all pages, gets the counts, which have the
 * first window's last millisecond as their time, and ranks them. Pages with equal counts are in the order of their names.
 */
import type { DataStream } from "@stream-apps/deno";
import { type Collector, ProcessAllWindowFunction, type WindowContext } from "@stream-apps/deno/functions";
import { type TimeWindow, TumblingEventTimeWindows } from "@stream-apps/deno/windows";

/** Views of a page. */
export interface PageViews {
  readonly page: string;
  readonly views: number;
}

/** The best of a window, best first. */
export interface TopPages {
  /** ms since the Unix epoch */
  readonly windowStart: number;
  readonly pages: readonly PageViews[];
}

/** For each window that had views, its `n` pages with the most. */
export function topPages(
  views: DataStream<PageViews>,
  { n, windowMs }: { readonly n: number; readonly windowMs: number },
): DataStream<TopPages> {
  return views.keyBy(({ page }) => page)
    .window(TumblingEventTimeWindows.of(windowMs)).sum("views").name("views_per_page")
    .windowAll(TumblingEventTimeWindows.of(windowMs)).process(new Top(n)).name("top_pages");
}

class Top extends ProcessAllWindowFunction<PageViews, TopPages> {
  readonly #n: number;

  constructor(n: number) {
    super();
    this.#n = n;
  }

  override process(context: WindowContext<TimeWindow>, counts: Iterable<PageViews>, out: Collector<TopPages>): void {
    const ranked = [...counts].sort((a, b) => b.views - a.views || (a.page < b.page ? -1 : 1));
    out.collect({ windowStart: context.window().startMs, pages: ranked.slice(0, this.#n) });
  }
}
