/** Whether a page can be used by everybody: axe looks at it, light and dark, wide and narrow. */
import { assertEquals } from "@std/assert";
import axe from "axe-core";
import type { Page } from "playwright-core";

/** Widths of a desk and of a phone, px. */
const WIDTHS = [1280, 390];

/** Text of panels with something in them that is wider than they are; a table scrolls by itself. */
const CUT_OFF = `[...document.querySelectorAll(".panel:not(.table-box)")]
  .filter((panel) => panel.scrollWidth > panel.clientWidth).map((panel) => panel.innerText.slice(0, 80))`;

/** Fails if axe finds something serious in one of the page's looks, the page is wider than the screen, or a panel is cut off. */
export async function assertGoodInAllLooks(page: Page, name: string): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 800 });
      assertEquals(await serious(page), [], `${name} ${colorScheme} ${width}`);
      const overflow = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
      assertEquals(overflow, 0, `${name} is ${overflow} px wider than ${width}`);
      assertEquals(await page.evaluate(CUT_OFF), [], `${name} ${colorScheme} ${width}: panels that are cut off`);
    }
  }
}

/** What axe finds that is serious. */
async function serious(page: Page): Promise<string[]> {
  // The page's policy lets no script in; the tool that drives the browser may.
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate("axe.run()") as {
    violations: { id: string; impact: string; nodes: { html: string; failureSummary: string }[] }[];
  };
  return violations.filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 160)} ${failureSummary}`)
    );
}
