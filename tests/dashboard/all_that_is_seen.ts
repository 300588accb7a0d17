/** All that others can see of jobs: their status records, metrics and health, the answers of a dashboard and its pages. */
import type { Broker } from "../../src/connectors/broker.ts";
import { CHROMIUM, launchChromium, openPage } from "./browser.ts";

/** What is looked at. */
export interface Seen {
  /** A job that runs, has state and a dead letter, and serves its metrics. */
  readonly job: string;
  /** "http://127.0.0.1:9464", of the job */
  readonly monitor: string;
  /** The topic that it reads, which has records. */
  readonly topic: string;
  readonly broker: Broker;
  /** "http://localhost:8081", of a dashboard that knows the job's file */
  readonly dashboard: string;
}

/** @returns texts by where they are seen; each is there and holds what it is about, so that an empty one cannot pass */
export async function allThatIsSeen({ job, monitor, topic, broker, dashboard }: Seen): Promise<Map<string, string>> {
  const seen = new Map<string, string>();
  const reports = await broker.statusReports!();
  seen.set("status records", reports.map(({ text }) => text).join("\n"));
  for (const path of ["/metrics", "/healthz", "/readyz", "/"]) seen.set(path, await beginningOf(`${monitor}${path}`));
  const place = `topic=${topic}&partition=0&offset=0`;
  for (
    const path of [
      "/api/session",
      "/api/events",
      "/api/jobs",
      `/api/jobs/${job}`,
      `/api/dead-letters/${job}`,
      "/api/state",
      `/api/state/${job}`,
      `/api/state/${job}/keys`,
      `/api/state/${job}/key?key=good`,
      "/api/topics",
      `/api/topics/${topic}`,
      `/api/topics/${topic}/records`,
      `/api/topics/${topic}/tail`,
      "/api/travellers",
      `/api/follow/records?topic=${topic}&key=good`,
      "/api/nothing",
    ]
  ) seen.set(path, await beginningOf(`${dashboard}${path}`));
  seen.set("/api/follow/again", await followedAgain(dashboard, topic));
  if (CHROMIUM === undefined) return seen;
  const browser = await launchChromium();
  try {
    const { page } = await openPage(browser);
    for (
      const [path, shown] of [
        ["/jobs", job],
        [`/jobs/${job}`, "prices"],
        [`/jobs/${job}/dead-letters`, "there is no price of it"],
        [`/jobs/${job}/commits`, job],
        [`/jobs/${job}/exceptions`, job],
        ["/topics", topic],
        [`/topics/${topic}`, topic],
        [`/state/${job}?key=good`, "sums"],
        ["/follow", "Follow"],
        [`/follow?${place}`, topic],
        ["/travellers", "ravellers"],
      ] as const
    ) {
      await page.goto(`${dashboard}${path}`);
      await page.locator("main", { hasText: shown }).waitFor();
      seen.set(`page ${path}`, await page.content());
    }
    await page.close();
  } finally {
    await browser.close();
  }
  return seen;
}

/** An answer; of a stream of events the first one. */
async function beginningOf(url: string): Promise<string> {
  const response = await fetch(url);
  const headers = JSON.stringify([...response.headers]);
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  const isStream = response.headers.get("content-type")?.startsWith("text/event-stream") === true;
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    text += value ?? "";
    if (done || (isStream && text.includes("\n\n"))) break;
  }
  await reader.cancel();
  return `${headers}\n${text}`;
}

/** What the dashboard answers when it runs the job's file, with its arguments, once more. */
async function followedAgain(dashboard: string, topic: string): Promise<string> {
  const { token } = await (await fetch(`${dashboard}/api/session`)).json();
  const response = await fetch(`${dashboard}/api/follow/again`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-dashboard-token": token, origin: dashboard },
    body: JSON.stringify({ topic, partition: 0, offset: 0 }),
  });
  return await response.text();
}
