/** A Chromium that tests drive, where one is installed: Debian's `chromium`, or another that `CHROMIUM` names. */
import type { Browser, Page } from "playwright-core";

const PLACES = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

const allowed = ["run", "env", "read", "write", "net", "sys"].every((name) =>
  Deno.permissions.querySync({ name } as Deno.PermissionDescriptor).state === "granted"
);

/** The path of the browser; undefined if there is none, or this test run may not start it. */
export const CHROMIUM: string | undefined = allowed ? findChromium() : undefined;

/** What stands behind the name of a test that is skipped. */
export const SKIPPED = CHROMIUM !== undefined
  ? ""
  : allowed
  ? " (skipped: no Chromium, apt-get install chromium)"
  : " (skipped: it needs permission to run programs)";

function findChromium(): string | undefined {
  const named = Deno.env.get("CHROMIUM");
  const found = [...named === undefined ? [] : [named], ...PLACES].find((path) => {
    try {
      return Deno.statSync(path).isFile;
    } catch {
      return false;
    }
  });
  if (found === undefined && Deno.env.get("REQUIRE_CHROMIUM") === "1") {
    throw new Error("REQUIRE_CHROMIUM is set, and there is no Chromium: apt-get install chromium");
  }
  return found;
}

/** Starts it without a window. Root, as in a container, has no sandbox of Chromium's. */
export async function launchChromium(): Promise<Browser> {
  // While it is loaded, Playwright looks for Windows' Linux in places that Deno lets nobody see who may not do everything.
  Deno.env.set("__IS_WSL_TEST__", "1");
  const { chromium } = await import("playwright-core");
  const args = Deno.uid() === 0 ? ["--no-sandbox"] : [];
  return await chromium.launch({ executablePath: CHROMIUM!, args });
}

/** A page, and what went wrong in it: an error of a script, or what the page's policy refused. */
export async function openPage(
  browser: Browser,
  options: Parameters<Browser["newPage"]>[0] = {},
): Promise<{ readonly page: Page; readonly wrong: string[] }> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, ...options });
  page.setDefaultTimeout(30_000);
  const wrong: string[] = [];
  page.on("pageerror", (error) => wrong.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error" && !/Failed to load resource|ERR_/.test(message.text())) wrong.push(message.text());
  });
  return { page, wrong };
}
