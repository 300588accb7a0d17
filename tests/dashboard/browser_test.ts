/** The dashboard's pages in a real browser, over real jobs. */
import { assert, assertEquals } from "@std/assert";
import { onEachBroker, onEmbeddedLog } from "../cli/brokers.ts";
import { until } from "../connectors/contract/waiting.ts";
import { startFile } from "../e2e/programs.ts";
import { assertGoodInAllLooks } from "./axe.ts";
import { type BrowserTest, browserTest, shows, type Visit } from "./in_browser.ts";
import { askForEver, countPerSecond, Stage } from "./staged_jobs.ts";

/** Registers a test over jobs of its own. */
function inBrowser(
  name: string,
  body: (visit: Visit & { readonly stage: Stage }) => Promise<void>,
  on: BrowserTest<Stage>["on"] = onEachBroker,
): void {
  browserTest(name, {
    open: async (scope) => new Stage(await scope.broker()),
    body: (stage, visit) => body({ stage, ...visit }),
    on,
  });
}

inBrowser(
  "the page of a job has its operators, and numbers that are those of its topics",
  async ({ scope, stage, page, visit }) => {
    const [job, topic, out] = [scope.name("counting"), scope.name("counting-in"), scope.name("counting-out")];
    await stage.topic(topic, 3);
    await stage.topic(out);
    const begin = Date.now() - 60_000;
    for (let second = 0; second < 5; second++) {
      const texts = Array.from({ length: 20 }, (_, i) => `word${i % 4} ${i}`);
      await stage.write(topic, texts, { timestampMs: begin + second * 1_000, partition: second % 3 });
    }
    stage.run({ job, topic, out, does: countPerSecond });
    await visit("/");
    await shows(page, ".job-name", new RegExp(`^${job}$`, "m"));
    await page.locator(".job-name", { hasText: job }).click();
    await page.waitForURL(`**/jobs/${job}`);
    await shows(page, '[data-fact="Read so far"] dd', /^100$/);
    await shows(page, '[data-fact="Lag"] dd', /^0$/);
    const names = await page.locator(".node-name").allInnerTexts();
    assertEquals(names.toSorted(), ["texts", "words", "counts", "lines", "results"].toSorted());
    assertEquals(await page.locator("path.edge").count(), 4);
    // What the sink has taken is what lies in its topic: what is not committed yet comes within a moment.
    await page.locator('[data-node="results"], .node.sink').first().click();
    let [shown, written] = [-1, -2];
    await until(async () => {
      const panel = await page.locator(".node-panel").innerText();
      shown = Number(/Records in\s+(\d+)/.exec(panel)?.[1]);
      written = (await stage.read(out)).length;
      return shown > 0 && shown === written;
    }).catch(() => assertEquals(shown, written));
    await page.locator(".node", { hasText: "counts" }).click();
    await shows(page, ".node-panel", /Open windows/);
  },
);

inBrowser("Why no result? stands on the page and marks the partition", async ({ scope, stage, page, visit }) => {
  const [topic, out] = [scope.name("held-in"), scope.name("held-out")];
  const [idle, empty, future, asking] = ["idle", "empty", "future", "asking"].map((word) => scope.name(word));
  const emptyTopic = scope.name("empty-in");
  const futureTopic = scope.name("future-in");
  for (const name of [topic, emptyTopic, futureTopic]) await stage.topic(name, 2);
  await stage.topic(out);
  await stage.write(topic, ["a 1"], { partition: 1 });
  await stage.write(topic, ["a 2"], { partition: 1, timestampMs: Date.now() + 5_000 });
  await stage.write(futureTopic, ["a 1"], { partition: 0 });
  await stage.write(futureTopic, ["a 2"], { partition: 1, timestampMs: Date.now() + 365 * 86_400_000 });
  await stage.write(futureTopic, ["a 3"], { partition: 0, timestampMs: Date.now() + 60_000 });
  stage.run({ job: idle!, topic, out, does: countPerSecond });
  stage.run({ job: empty!, topic: emptyTopic, out });
  stage.run({ job: future!, topic: futureTopic, out, does: countPerSecond });
  stage.run({ job: asking!, topic, out, does: askForEver });

  await visit(`/jobs/${idle}`);
  await shows(page, ".why-words", new RegExp(`held by ${topic}-0, which has had no record`));
  assertEquals(await page.locator(".why-partitions .chip").allInnerTexts(), [`${topic}-0`]);
  await shows(page, `.track.marked .track-name`, new RegExp(`^${topic}-0$`));
  await visit(`/jobs/${empty}`);
  await shows(page, ".why-words", new RegExp(`waits for records: topic "${emptyTopic}" read to the end`));
  assertEquals(await page.locator(".why-partitions .chip").allInnerTexts(), [`${emptyTopic}-0`, `${emptyTopic}-1`]);
  await visit(`/jobs/${future}`);
  await shows(page, ".why-words", new RegExp(`held by ${futureTopic}-1, whose last record is far ahead of the clock`));
  await visit(`/jobs/${asking}`);
  await shows(page, ".why-words", /waits for \d+ results? of "lookup"/);
});

inBrowser(
  "a job that was killed turns to gone, one that hangs says so",
  async ({ scope, stage, dashboard, page, visit }) => {
    const { broker } = stage;
    // At a Kafka that is shared others run the lessons.
    const [job, topic] = [scope.name("to-kill"), scope.name("to-kill-in")];
    await stage.topic(topic);
    const dir = /^embedded log in (.*)$/.exec(broker.description)?.[1];
    const env: Record<string, string> = scope.kind === "embedded"
      ? { BROKER: "embedded", BROKER_DIR: dir! }
      : { BOOTSTRAP_SERVERS: Deno.env.get("TEST_BOOTSTRAP_SERVERS")! };
    const state = `tr:has-text("${job}") .badge`;
    const flags = ["--session-timeout", "2s", "--status-interval", "200ms"];
    const file = new URL("program_to_kill.ts", import.meta.url);
    await using program = startFile({ name: scope.kind, env }, file, "s08", [job, topic, ...flags]);
    try {
      await visit("/jobs");
      await shows(page, state, /^running$/);
      program.kill("SIGSTOP");
      await shows(page, state, /^gone$/);
      await shows(page, `.job-row:has-text("${job}") .job-note`, /not been heard of/);
      await visit(`/jobs/${job}`);
      await shows(
        page,
        ".why-words",
        /was running in process \d+, and has not been heard of.*killed, cut off, or its thread is blocked/,
      );
      program.kill("SIGCONT");
      await shows(page, ".page-head .badge", /^running$|^standby$|^failed$|^restarting$/);
      program.kill("SIGKILL");
      await shows(page, ".page-head .badge", /^gone$/);
      assert(
        (await dashboard.json<{ jobs: { job: string; state: string }[] }>("/api/jobs")).jobs.some((row) =>
          row.state === "gone"
        ),
      );
    } finally {
      await until(() => broker.dropJob(job).then(() => true, () => false));
    }
  },
);

inBrowser(
  "a dead letter is looked at, replayed after it is confirmed, and processed",
  async ({ scope, stage, page, visit }) => {
    const [job, topic, out] = [scope.name("refusing"), scope.name("refusing-in"), scope.name("refusing-out")];
    await stage.topic(topic);
    await stage.topic(out);
    await stage.write(topic, ["a 1", "a bad 2", "a 3"]);
    let mended = false;
    stage.run({
      job,
      topic,
      out,
      maxDead: { share: 1 },
      does: (all) =>
        all.map((text) => {
          if (text.includes("bad") && !mended) throw new RangeError(`refuses ${text}`);
          return text;
        }).name("check"),
    });
    await visit(`/jobs/${job}`);
    await shows(page, '[data-fact="Dead letters"] dd', /^1$/);
    await page.locator(".tabs a", { hasText: "Dead letters" }).click();
    await shows(page, ".dead-table tbody", /RangeError refuses a bad 2/);
    await page.locator(".dead-table button.link").click();
    await shows(page, "dialog .value", /^a bad 2$/);
    await page.keyboard.press("Escape");
    await page.getByLabel("Choose all").check();
    await page.getByRole("button", { name: "Replay…" }).first().click();
    await shows(page, "dialog .notice", /Would replay 1 dead letter/);
    const end = async () => (await stage.broker.describeTopics([topic]))[0]!.endOffsets[0];
    await page.getByRole("button", { name: "Cancel" }).click();
    assertEquals(await end(), 3, "what is not confirmed is not done");
    mended = true;
    await page.getByRole("button", { name: "Replay…" }).first().click();
    await shows(page, "dialog .notice", /Would replay 1 dead letter/);
    await page.getByRole("button", { name: "Replay 1 dead letter" }).click();
    await shows(page, "dialog .notice", /Replayed 1 dead letter/);
    await page.getByRole("button", { name: "Done" }).click();
    await shows(page, ".panel", /All dead letters are replayed or dropped/);
    await page.locator(".tabs a", { hasText: "Overview" }).click();
    await shows(page, '[data-fact="Read so far"] dd', /^4$/);
  },
);

inBrowser("what a topic, a job or an error holds is text, never HTML", async ({ scope, stage, page, visit }) => {
  const evil = `<script>window.evil=1</script><img src=x onerror="window.evil=1">`;
  const [job, topic, out] = [scope.name("hostile"), scope.name("hostile-in"), scope.name("hostile-out")];
  await stage.topic(topic);
  await stage.topic(out);
  await stage.write(topic, [`${evil} 1`, "fails"]);
  const count = { evil: 0 };
  stage.run({
    job,
    topic,
    out,
    maxDead: { share: 1 },
    restartStrategy: { type: "fixed-delay", attempts: 3, delayMs: 100 },
    does: (texts) =>
      texts.map((text): string => {
        if (text === "fails" && count.evil++ === 0) throw new Error("first it fails");
        throw new Error(`${evil} at ${text}`);
      }).name(`name ${evil}`),
  });
  for (
    const path of [
      `/jobs`,
      `/jobs/${job}`,
      `/jobs/${job}/dead-letters`,
      `/jobs/${job}/commits`,
      `/jobs/${encodeURIComponent(evil)}`,
    ]
  ) {
    await visit(path);
    await shows(page, "main", path.endsWith("dead-letters") ? /<script>window\.evil/ : /./);
    if (path === `/jobs/${job}`) await shows(page, ".node-name", /<script>/);
    if (path.endsWith("dead-letters")) {
      await page.locator(".dead-table button.link").last().click();
      await shows(page, "dialog .value", /<script>window\.evil/);
    }
    assertEquals(await page.locator("main script, main img").count(), 0, path);
    assertEquals(await page.evaluate("window.evil"), undefined, path);
  }
}, onEmbeddedLog);

inBrowser(
  "axe finds nothing serious, light and dark, wide and narrow, and nothing is wider than the screen",
  async ({ stage, page, visit }) => {
    const [job, topic, out] = ["job", "in", "out"].map((word) => `${word}-${"n".repeat(190)}`) as [
      string,
      string,
      string,
    ];
    await stage.topic(topic, 2);
    await stage.topic(out);
    await stage.write(topic, ["a 1", "bad 2"]);
    stage.run({
      job,
      topic,
      out,
      maxDead: { share: 1 },
      does: (texts) =>
        countPerSecond(
          texts.map((text) => {
            if (text.startsWith("bad")) throw new RangeError("refuses it");
            return text;
          }).name("check"),
        ),
    });
    for (
      const path of [
        "/jobs",
        `/jobs/${job}`,
        `/jobs/${job}/dead-letters`,
        `/jobs/${job}/commits`,
        `/jobs/${job}/exceptions`,
      ]
    ) {
      await visit(path);
      await page.locator("main .panel, main .facts").first().waitFor();
      if (path === `/jobs/${job}`) await page.locator(".node").first().click();
      await assertGoodInAllLooks(page, path);
    }
  },
  onEmbeddedLog,
);
