/** What a page of the dashboard costs the browser that shows it, and the dashboard, while nobody touches it. */
import type { Browser } from "playwright-core";
import { freePorts } from "../../src/cli/ports.ts";
import { SYSTEM_CLOCK } from "../../src/engine/mod.ts";
import { CHROMIUM, launchChromium, SKIPPED } from "../../tests/dashboard/browser.ts";
import { type Context, type Place, withEmbeddedLog } from "../context.ts";
import { JOBS, PARTITIONS, RECORDS_PER_SECOND, reportJobs } from "../made_up_jobs.ts";
import { range } from "../measurement.ts";
import type { TreeWatch } from "../process_tree.ts";
import type { Row, Section } from "../report.ts";
import { RunningProgram } from "../running_program.ts";
import { task } from "../task.ts";

const PAGES = [
  { name: "all jobs", path: "/jobs" },
  { name: "one job", path: "/jobs/job-7" },
] as const;

/** A page loads, and its charts come, ms. */
const SETTLE_MS = 5_000;
/** Between two tries to reach the dashboard that starts, ms. */
const STARTING_MS = 100;

const TITLE = "A page of the dashboard";

export async function measurePage(context: Context): Promise<Section[]> {
  if (CHROMIUM === undefined) {
    return [{ title: TITLE, rows: [], notes: [`Left out${SKIPPED.replace(" (skipped", "").replace(/\)$/, "")}.`] }];
  }
  const rows = await withEmbeddedLog((place) => measureAt(place, context));
  const notes = [
    `${JOBS} jobs with ${JOBS * PARTITIONS} partitions report ${
      (JOBS * RECORDS_PER_SECOND).toLocaleString("en-US")
    } records a second between them, over the embedded log; the reports are made up. ` +
    "A browser without a window shows the page and nobody touches it: processor time of all of Chromium's processes.",
  ];
  return [{ title: TITLE, rows, notes }];
}

async function measureAt({ broker: { port: broker }, programs }: Place, context: Context): Promise<Row[]> {
  const { signal, tree, log } = context;
  const [port] = freePorts([0], "the dashboard") as [number];
  const end = new AbortController();
  const reporting = reportJobs(broker, AbortSignal.any([end.signal, signal]));
  const dashboard = new RunningProgram(task("dashboard", ["--http", String(port)], programs), signal);
  const browser = await launchChromium();
  try {
    const origin = `http://localhost:${port}`;
    await reached(origin, dashboard, signal);
    const server = tree?.watch(dashboard.pid);
    const rows: Row[] = [];
    for (const { name, path } of PAGES) {
      log(`page of ${name}`);
      const { browserShares, serverShares, paintMs } = await watchPage(browser, `${origin}${path}`, context, server);
      rows.push(
        { what: `${name}, browser`, unit: "% of a core", measured: range(browserShares), target: { atMost: 5 } },
        ...server === undefined
          ? []
          : [{ what: `${name}, the dashboard's process`, unit: "% of a core", measured: range(serverShares) }],
        { what: `${name}, first paint`, unit: "ms", measured: range([paintMs]), target: { atMost: 1_000 } },
      );
    }
    return rows;
  } finally {
    end.abort();
    await reporting;
    await browser.close();
    dashboard.stop("SIGTERM");
    await dashboard.exited;
  }
}

async function watchPage(
  browser: Browser,
  url: string,
  { short, rounds, signal }: Context,
  server: TreeWatch | undefined,
): Promise<{ readonly browserShares: number[]; readonly serverShares: number[]; readonly paintMs: number }> {
  const watchedMs = short ? 5_000 : 10_000;
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  const session = await browser.newBrowserCDPSession();
  const browserS = async () => {
    const { processInfo } = await session.send("SystemInfo.getProcessInfo");
    return processInfo.reduce((sum, { cpuTime }) => sum + cpuTime, 0);
  };
  await page.goto(url);
  await page.locator("main .panel").first().waitFor();
  const paint = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime";
  const paintMs = Number(await page.evaluate(paint));
  await SYSTEM_CLOCK.sleep(SETTLE_MS, signal);
  const [browserShares, serverShares]: [number[], number[]] = [[], []];
  for (let round = 0; round < Math.min(rounds, 3); round++) {
    const [beganMs, before, serverBefore] = [performance.now(), await browserS(), await server?.look() ?? 0];
    await SYSTEM_CLOCK.sleep(watchedMs, signal);
    const [after, serverAfter, endMs] = [await browserS(), await server?.look() ?? 0, performance.now()];
    const s = (endMs - beganMs) / 1_000;
    browserShares.push((after - before) / s * 100);
    serverShares.push((serverAfter - serverBefore) / s * 100);
  }
  await session.detach();
  await page.close();
  return { browserShares, serverShares, paintMs };
}

/** Waits until the dashboard answers. */
async function reached(origin: string, dashboard: RunningProgram, signal: AbortSignal): Promise<void> {
  let isOver = false;
  dashboard.exited.then(() => isOver = true);
  for (;;) {
    const answer = await fetch(origin).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer?.ok) return;
    if (isOver) throw new Error(`Cannot measure the dashboard: it has ended:\n${dashboard.lastLines()}`);
    await SYSTEM_CLOCK.sleep(STARTING_MS, signal);
    signal.throwIfAborted();
  }
}
