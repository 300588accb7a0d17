/** Tests of the dashboard's pages in a real browser, over what a test has at a broker. */
import { assertEquals, assertMatch } from "@std/assert";
import type { Page } from "playwright-core";
import type { Broker } from "../../src/connectors/broker.ts";
import type { Scope } from "../cli/brokers.ts";
import { until } from "../connectors/contract/waiting.ts";
import { CHROMIUM, launchChromium, openPage, SKIPPED } from "./browser.ts";
import { ServedForTest } from "./served.ts";

/** What a test in the browser works with. */
export interface Visit {
  readonly scope: Scope;
  readonly dashboard: ServedForTest;
  readonly page: Page;
  /** Opens a place of the dashboard. */
  readonly visit: (path: string) => Promise<void>;
}

/** What a test has at a broker; it ends with the test. */
interface AtBroker extends AsyncDisposable {
  readonly broker: Broker;
}

/** A test in the browser. */
export interface BrowserTest<W extends AtBroker> {
  readonly open: (scope: Scope) => Promise<W>;
  readonly body: (world: W, visit: Visit) => Promise<void>;
  /** For which brokers; what does not depend on the broker is shown on the embedded log alone. */
  readonly on: (name: string, body: (scope: Scope) => Promise<void>) => void;
}

/** Registers a test. What goes wrong in the page fails it. */
export function browserTest<W extends AtBroker>(
  name: string,
  { open, body, on }: BrowserTest<W>,
): void {
  if (CHROMIUM === undefined) {
    Deno.test({ name: `${name}${SKIPPED}`, ignore: true, fn: () => {} });
    return;
  }
  on(name, async (scope) => {
    const browser = await launchChromium();
    try {
      const { page, wrong } = await openPage(browser);
      await using world = await open(scope);
      await using dashboard = new ServedForTest(world.broker);
      const visit = async (path: string) => void await page.goto(`${dashboard.origin}${path}`);
      await body(world, { scope, dashboard, page, visit });
      assertEquals(wrong, []);
      await page.close();
    } finally {
      await browser.close();
    }
  });
}

/** Waits until the text of all such elements, a line each, matches. */
export async function shows(page: Page, selector: string, expected: RegExp): Promise<string> {
  let text = "";
  await until(async () => {
    text = (await page.locator(selector).allInnerTexts()).join("\n");
    return expected.test(text);
  }).catch(() => assertMatch(text, expected));
  return text;
}
