/**
 * `deno task screenshots`: takes a picture of each page of the dashboard, light and dark, for the documentation.
 *
 * The jobs are real: the demo's two on an embedded log of its own, and some that are late, that fail, and that stand by. So the
 * numbers differ from run to run, and what is shown does not. Needs a Chromium (see `browser.ts`).
 */
import type { Page } from "playwright-core";
import { Demo } from "../../src/cli/demo/demo.ts";
import { openEmbeddedBroker } from "../../src/connectors/embedded/mod.ts";
import { SILENT, SYSTEM_CLOCK } from "../../src/engine/mod.ts";
import { parseFlags, runMain, UsageError, wholeNumber, writeErrorLine } from "../../src/utils.ts";
import { CHROMIUM, launchChromium, SKIPPED } from "./browser.ts";
import { ServedForTest } from "./served.ts";
import { stageTrouble } from "./staged_trouble.ts";

/** A page, and what is done there before its picture is taken. */
interface Shot {
  readonly name: string;
  readonly path: string;
  /** Height of the picture, px; its width is 1280. */
  readonly height?: number;
  readonly prepare?: (page: Page) => Promise<void>;
}

const SHOTS: readonly Shot[] = [
  { name: "jobs", path: "/jobs", height: 620 },
  {
    name: "job",
    path: "/jobs/demo_user_statistics",
    height: 1130,
    prepare: async (page) => {
      await page.locator(".node", { hasText: "user_statistics" }).last().waitFor();
    },
  },
  {
    name: "job-node",
    path: "/jobs/demo_user_statistics",
    height: 960,
    prepare: (page) => page.locator(".node", { hasText: "window" }).click(),
  },
  { name: "why-no-result", path: "/jobs/sensor_averages", height: 1180 },
  { name: "dead-letters", path: "/jobs/orders_checker/dead-letters", height: 620 },
  {
    name: "dead-letter",
    path: "/jobs/orders_checker/dead-letters",
    height: 720,
    prepare: (page) => page.locator(".dead-table button.link").first().click(),
  },
  { name: "exceptions", path: "/jobs/payments_sync/exceptions", height: 620 },
  { name: "commits", path: "/jobs/demo_flight_importer/commits", height: 820 },
  { name: "topics", path: "/topics", height: 760 },
  {
    name: "topic",
    path: "/topics/demo.flightdata",
    height: 1000,
    prepare: (page) => page.locator(".record-line").first().click(),
  },
  {
    name: "state",
    path: "/state/demo_user_statistics",
    height: 900,
    prepare: async (page) => {
      await page.locator(".keys .listing a").first().click();
      await page.locator(".key-parts").waitFor();
    },
  },
  { name: "travellers", path: "/travellers?topic=demo.userstatistics", height: 900 },
  {
    name: "follow",
    path: "/topics/demo.skyone?offset=20&partition=0",
    height: 1450,
    prepare: async (page) => {
      await page.locator(".record-line").first().click();
      await page.locator("a", { hasText: "Follow this record" }).click();
      await page.locator(".outcome.good").waitFor({ timeout: 120_000 });
      await page.locator(".step").last().waitFor();
    },
  },
];

const FLAGS = {
  to: { value: "DIR", default: "docs/images", help: "where the pictures go" },
  only: { value: "NAME", help: "only this one" },
  width: { value: "PX", default: "1280", parse: wholeNumber({ min: 320, max: 4000 }), help: "width of the window" },
  seconds: { value: "N", default: "75", parse: wholeNumber({ min: 5 }), help: "how long the jobs run before" },
};

async function main(signal: AbortSignal): Promise<void> {
  const { to, only, width, seconds } = parseFlags(Deno.args, FLAGS, {
    command: "deno task screenshots",
    describe: "Takes a picture of each page of the dashboard, light and dark.",
  });
  if (CHROMIUM === undefined) {
    throw new UsageError(`There are no pictures${SKIPPED.replace(" (skipped:", ":").replace(/\)$/, "")}`);
  }
  const dir = await Deno.makeTempDir();
  try {
    // For the jobs that run again to follow a record.
    Deno.env.set("BROKER", "embedded");
    Deno.env.set("BROKER_DIR", dir);
    await using broker = await openEmbeddedBroker({ dir });
    await using dashboard = new ServedForTest(broker);
    const end = new AbortController();
    const demo = new Demo({ logger: SILENT }).run(broker, AbortSignal.any([end.signal, signal]));
    {
      await using _trouble = await stageTrouble(broker);
      writeErrorLine(`The jobs run for ${seconds} s`);
      await SYSTEM_CLOCK.sleep(seconds * 1_000, signal);
      const shots = SHOTS.filter(({ name }) => only === undefined || name === only);
      await takeAll(shots, { origin: dashboard.origin, to, width });
    }
    end.abort();
    await demo;
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

async function takeAll(
  shots: readonly Shot[],
  { origin, to, width }: { readonly origin: string; readonly to: string; readonly width: number },
): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  const browser = await launchChromium();
  try {
    for (const { name, path, height = 800, prepare } of shots) {
      const page = await browser.newPage({ viewport: { width, height } });
      await page.goto(`${origin}${path}`);
      await page.locator("main .panel, main .facts").first().waitFor();
      await prepare?.(page);
      for (const colorScheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme });
        await page.waitForTimeout(1_500); // what is live has come once more
        await page.screenshot({ path: `${to}/${name}-${colorScheme}.png` });
      }
      await page.close();
      writeErrorLine(`${to}/${name}-light.png, ${to}/${name}-dark.png`);
    }
  } finally {
    await browser.close();
  }
}

if (import.meta.main) await runMain(main);
