/**
 * A broker that goes away under a job and the dashboard, and comes back: a Kafka behind a proxy that refuses both, and the file of an
 * embedded log that somebody moves away.
 */
import { assertEquals, assertMatch } from "@std/assert";
import { WireProxy } from "../../chaos/wire/mod.ts";
import { openKafkaBroker } from "../../src/connectors/kafka/mod.ts";
import { until } from "../connectors/contract/waiting.ts";
import { kafkaBroker } from "../e2e/programs.ts";
import { onEmbeddedLog } from "../cli/brokers.ts";
import { CHROMIUM, launchChromium, openPage, SKIPPED } from "./browser.ts";
import { browserTest, shows } from "./in_browser.ts";
import { ServedForTest } from "./served.ts";
import { Stage } from "./staged_jobs.ts";

const servers = kafkaBroker()?.env.BOOTSTRAP_SERVERS;

Deno.test({
  name: `Why no result? says on the page that Kafka does not answer, until it does${
    servers === undefined ? " (skipped: no TEST_BOOTSTRAP_SERVERS)" : SKIPPED
  }`,
  ignore: servers === undefined || CHROMIUM === undefined,
  async fn() {
    await using proxy = await WireProxy.start(servers!);
    const broker = await openKafkaBroker({ brokers: [proxy.bootstrapServers], log: () => {} });
    const browser = await launchChromium();
    try {
      await using dashboard = new ServedForTest(broker);
      await using stage = new Stage(broker);
      const [job, topic, out] = ["cut-off", "cut-off-in", "cut-off-out"].map((word) =>
        `${word}-${crypto.randomUUID().slice(0, 8)}`
      );
      await stage.topic(topic!);
      await stage.topic(out!);
      stage.run({
        job: job!,
        topic: topic!,
        out: out!,
        restartStrategy: { type: "fixed-delay", attempts: 1_000, delayMs: 200 },
      });
      const { page } = await openPage(browser);
      await page.goto(`${dashboard.origin}/jobs/${job}`);
      const words = async () => (await page.locator(".why-words").allInnerTexts()).join();
      await until(async () => /waits for records/.test(await words()));
      await proxy.refuse();
      await until(async () => /The job cannot commit there either/.test(await words()));
      assertMatch(await words(), /Kafka at localhost:\d+/);
      assertEquals(await page.locator(".broker-trouble").count(), 1);
      await proxy.accept();
      await until(async () => /waits for records/.test(await words()));
      assertEquals(await page.locator(".broker-trouble").count(), 0);
      await page.close();
    } finally {
      await browser.close();
      await broker.close();
    }
  },
});

browserTest("Why no result? says on the page that the file of the embedded log is gone, until it is back", {
  open: async (scope) => new Stage(await scope.broker()),
  on: onEmbeddedLog,
  async body(stage, { page, visit }) {
    const dir = /^embedded log in (.*)$/.exec(stage.broker.description)![1]!;
    const [file, away] = [`${dir}/log.sqlite`, `${dir}/away.sqlite`];
    await stage.topic("lost-in");
    await stage.topic("lost-out");
    stage.run({ job: "lost", topic: "lost-in", out: "lost-out", sessionTimeoutMs: 1_000 });
    await visit("/jobs/lost");
    await shows(page, ".why-words", /waits for records/);
    await Deno.rename(file, away);
    try {
      await shows(page, ".why-words", /the file was deleted or replaced.* The job cannot commit there either/);
      assertEquals(await page.locator(".broker-trouble").count(), 1);
    } finally {
      await Deno.rename(away, file);
    }
    await until(async () => await page.locator(".broker-trouble").count() === 0);
    // The job ended while it could write nothing: it counts as running until its session is over.
    await until(() => stage.broker.dropJob("lost").then(() => true, () => false));
  },
});
