/**
 * What the dashboard costs: `deno run -A bench/dashboard_page.ts`.
 *
 * 50 jobs with 200 partitions report 20,000 records a second, once a second each. The reports are made up, as the page's cost
 * depends on them alone and not on who reads the records. Processor time of Chromium's processes and of the dashboard's own,
 * as shares of one core, while nobody touches the page; and the time to the first paint.
 */
import { openEmbeddedBroker } from "../src/connectors/embedded/mod.ts";
import type { JobStatus, NodeStatus } from "../src/engine/mod.ts";
import { SILENT, SYSTEM_CLOCK } from "../src/engine/mod.ts";
import { serveDashboard } from "../src/dashboard/serve.ts";
import { writeOutput } from "../src/utils.ts";
import { launchChromium } from "../tests/dashboard/browser.ts";
import { node } from "../tests/cli/node_status.ts";
import { seenJob } from "../tests/dashboard/seen_job.ts";

const JOBS = 50;
const PARTITIONS = 4;
const RECORDS_PER_SECOND = 400;
const WATCHED_MS = 30_000;

/** A report of the n-th job at this moment. */
function reportOf(n: number, atMs: number, beganMs: number): JobStatus {
  const jitter = Math.round(Math.sin(atMs / 1_000 + n) * 40);
  const read = Math.round((atMs - beganMs) / 1_000 * RECORDS_PER_SECOND);
  const splits = Array.from({ length: PARTITIONS }, (_, i) => ({
    id: `topic-${n}-${i}`,
    status: "ready",
    position: read / PARTITIONS,
    lag: Math.abs(jitter),
    watermarkMs: atMs - 500 - i * 100,
    silentMs: 20,
    idle: false,
    finished: false,
  }));
  const flow = {
    recordsIn: read,
    recordsOut: read,
    inPerSecond: RECORDS_PER_SECOND + jitter,
    outPerSecond: RECORDS_PER_SECOND,
  };
  const nodes: NodeStatus[] = [
    node("source", {
      ...flow,
      kind: "source",
      operation: `topic "topic-${n}"`,
      topics: [`topic-${n}`],
      splits,
      outputWatermarkMs: atMs - 800,
    }),
    node("map", { ...flow, outputWatermarkMs: atMs - 800 }),
    node("window", {
      ...flow,
      operation: "window reduce",
      timers: { count: 90, nextMs: atMs + 400 },
      outputWatermarkMs: atMs - 800,
    }),
    node("sink", { ...flow, kind: "sink", operation: 'topic "out"', outputWatermarkMs: atMs - 800 }),
  ];
  const commits = Array.from({ length: 20 }, (_, i) => ({
    atMs: atMs - (20 - i) * 1_000,
    durationMs: 12 + (i + n) % 7,
    bytes: 4_000,
    entries: 120,
    records: 400,
    latencyMs: 900,
  }));
  const edges = [["source", "map"], ["map", "window"], ["window", "sink"]].map(([from, to]) => ({
    from: from!,
    to: to!,
  }));
  return seenJob({
    job: `job-${n}`,
    atMs,
    status: { instance: `instance-${n}`, startedAtMs: beganMs, sinceMs: beganMs },
    attempt: {
      nodes,
      edges,
      inPerSecond: RECORDS_PER_SECOND + jitter,
      outPerSecond: RECORDS_PER_SECOND,
      lag: Math.abs(jitter),
    },
    commits,
  }).instance.status;
}

/** Processor time of each kind of Chromium's processes so far, s. */
type CpuTimes = Readonly<Record<string, number>>;

const dir = await Deno.makeTempDir();
const broker = await openEmbeddedBroker({ dir });
const dashboard = serveDashboard(broker, { hostname: "127.0.0.1", port: 0, logger: SILENT });
const browser = await launchChromium();
const end = new AbortController();
const beganMs = Date.now();
const reporting = (async () => {
  while (!end.signal.aborted) {
    const atMs = Date.now();
    for (let n = 0; n < JOBS; n++) {
      const status = reportOf(n, atMs, beganMs);
      await broker.reportStatus!({ job: status.job, instance: status.instance, atMs, text: JSON.stringify(status) });
    }
    await SYSTEM_CLOCK.sleep(1_000, end.signal);
  }
})();
try {
  const session = await browser.newBrowserCDPSession();
  const cpuTimes = async (): Promise<CpuTimes> => {
    const { processInfo } = await session.send("SystemInfo.getProcessInfo");
    const times: Record<string, number> = {};
    for (const { type, cpuTime } of processInfo) times[type] = (times[type] ?? 0) + cpuTime;
    return times;
  };
  for (const path of ["/jobs", "/jobs/job-7"]) {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    await page.goto(`${dashboard.url.replace(/\/$/, "")}${path}`);
    await page.locator("main .panel").first().waitFor();
    const paintMs = await page.evaluate(
      "performance.getEntriesByName('first-contentful-paint')[0]?.startTime",
    ) as number;
    await SYSTEM_CLOCK.sleep(5_000);
    const before = await cpuTimes();
    const beganAt = performance.now();
    await SYSTEM_CLOCK.sleep(WATCHED_MS);
    const s = (performance.now() - beganAt) / 1_000;
    const after = await cpuTimes();
    const shares = Object.entries(after).map(([type, time]) =>
      `${type} ${((time - (before[type] ?? 0)) / s * 100).toFixed(1)} %`
    );
    await writeOutput(`${path}: first paint after ${Math.round(paintMs)} ms; of a core: ${shares.join(", ")}\n`);
    await page.close();
  }
} finally {
  end.abort();
  await reporting;
  await browser.close();
  await dashboard[Symbol.asyncDispose]();
  await broker.close();
  await Deno.remove(dir, { recursive: true });
}
