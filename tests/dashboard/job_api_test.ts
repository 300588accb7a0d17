/** What the dashboard knows of jobs, at a real broker and without a browser: the page shows nothing else. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import type { JobEvent } from "../../src/dashboard/api/events.ts";
import type { WhyNoResult } from "../../src/dashboard/why_no_result.ts";
import type { Broker } from "../../src/connectors/broker.ts";
import { BrokerUnavailableError } from "../../src/connectors/broker_errors.ts";
import { onEachBroker, onEmbeddedLog, type Scope } from "../cli/brokers.ts";
import { until } from "../connectors/contract/waiting.ts";
import { ServedForTest } from "./served.ts";
import { askForEver, countPerSecond, Stage } from "./staged_jobs.ts";

/** Names for one job and its topics. */
function names(scope: Scope) {
  return { job: scope.name("staged"), topic: scope.name("staged-in"), out: scope.name("staged-out") };
}

/** What the dashboard answers to "why no result?", once that holds what is waited for. */
async function whyOf(dashboard: ServedForTest, job: string, expected: RegExp): Promise<WhyNoResult> {
  let why: WhyNoResult | undefined;
  await until(async () => {
    const { job: detail } = await dashboard.json<Partial<JobEvent>>(`/api/jobs/${job}`);
    why = detail?.why;
    return why !== undefined && expected.test(why.words);
  }).catch((error) => {
    throw new Error(`${error.message}: ${JSON.stringify(why)}`);
  });
  return why!;
}

onEachBroker("Why no result? names the partition that was read to its end and holds event time back", async (scope) => {
  await using stage = new Stage(await scope.broker());
  await using dashboard = new ServedForTest(stage.broker);
  const { job, topic, out } = names(scope);
  await stage.topic(topic, 2);
  await stage.topic(out);
  await stage.write(topic, ["a 1", "b 2"], { partition: 1 });
  await stage.write(topic, ["a 3"], { partition: 1, timestampMs: Date.now() + 5_000 });
  stage.run({ job, topic, out, does: countPerSecond });
  const why = await whyOf(dashboard, job, /held by/);
  assertMatch(why.words, new RegExp(`windows of "counts" are open.*held by ${topic}-0, which has had no record yet`));
  assertEquals([why.flows, why.partitions], [false, [`${topic}-0`]]);
});

onEachBroker(
  "Why no result? says that there is no input at all, of which topic, and means all its partitions",
  async (scope) => {
    await using stage = new Stage(await scope.broker());
    await using dashboard = new ServedForTest(stage.broker);
    const { job, topic, out } = names(scope);
    await stage.topic(topic, 2);
    await stage.topic(out);
    stage.run({ job, topic, out });
    const why = await whyOf(dashboard, job, /waits for records/);
    assertMatch(why.words, new RegExp(`topic "${topic}" read to the end`));
    assertEquals(why.partitions, [`${topic}-0`, `${topic}-1`]);
  },
);

onEachBroker("Why no result? names the partition whose last record is far ahead of the clock", async (scope) => {
  await using stage = new Stage(await scope.broker());
  await using dashboard = new ServedForTest(stage.broker);
  const { job, topic, out } = names(scope);
  await stage.topic(topic, 2);
  await stage.topic(out);
  await stage.write(topic, ["a 1"], { partition: 0 });
  await stage.write(topic, ["a 2"], { partition: 1, timestampMs: Date.now() + 365 * 86_400_000 });
  await stage.write(topic, ["a 3"], { partition: 0, timestampMs: Date.now() + 60_000 });
  stage.run({ job, topic, out, does: countPerSecond });
  const why = await whyOf(dashboard, job, /ahead of the clock/);
  assertMatch(why.words, new RegExp(`held by ${topic}-1, whose last record is far ahead of the clock`));
  assertEquals(why.partitions, [`${topic}-1`]);
});

onEachBroker("Why no result? names the operator whose answer does not come", async (scope) => {
  await using stage = new Stage(await scope.broker());
  await using dashboard = new ServedForTest(stage.broker);
  const { job, topic, out } = names(scope);
  await stage.topic(topic);
  await stage.topic(out);
  await stage.write(topic, ["a 1"]);
  stage.run({ job, topic, out, does: askForEver });
  const why = await whyOf(dashboard, job, /result/);
  assertMatch(why.words, /waits for 1 result of "lookup"/);
});

/** The same broker, that stops answering. */
function failing(broker: Broker): Broker & { isGone: boolean } {
  const state = { isGone: false };
  return new Proxy(broker, {
    get(target, name) {
      if (name === "isGone") return state.isGone;
      const value = Reflect.get(target, name);
      if (name !== "statusReports") return typeof value === "function" ? value.bind(target) : value;
      return () => {
        if (state.isGone) {
          return Promise.reject(new BrokerUnavailableError("Cannot read jobs: Kafka at h:1 does not answer"));
        }
        return target.statusReports!();
      };
    },
    set(_target, name, value) {
      return name === "isGone" && Reflect.set(state, name, value);
    },
  }) as Broker & { isGone: boolean };
}

onEmbeddedLog(
  "a broker that does not answer is named, what was seen before stays, and it is asked again",
  async (scope) => {
    const broker = failing(await scope.broker());
    await using stage = new Stage(broker);
    await using dashboard = new ServedForTest(broker);
    const { job, topic, out } = names(scope);
    await stage.topic(topic);
    await stage.topic(out);
    stage.run({ job, topic, out });
    await whyOf(dashboard, job, /waits for records/);
    broker.isGone = true;
    const why = await whyOf(dashboard, job, /does not answer/);
    assertMatch(why.words, /Kafka at h:1 does not answer.*cannot commit/);
    assertMatch((await dashboard.json<{ trouble: string }>("/api/jobs")).trouble, /h:1/);
    broker.isGone = false;
    await whyOf(dashboard, job, /waits for records/);
    assertEquals((await dashboard.json<{ trouble?: string }>("/api/jobs")).trouble, undefined);
  },
);

onEmbeddedLog(
  "events come at once and then each second, with what is new in the history of the job that is asked for",
  async (scope) => {
    await using stage = new Stage(await scope.broker());
    await using dashboard = new ServedForTest(stage.broker);
    const { job, topic, out } = names(scope);
    await stage.topic(topic);
    await stage.topic(out);
    await stage.write(topic, ["a 1", "b 2", "c 3"]);
    stage.run({ job, topic, out });
    await whyOf(dashboard, job, /./);
    const response = await fetch(`${dashboard.origin}/api/events?job=${job}`);
    assertEquals(response.headers.get("content-type"), "text/event-stream");
    const times: number[] = [];
    let events = 0;
    for await (const text of response.body!.pipeThrough(new TextDecoderStream())) {
      for (const [, event, data] of text.matchAll(/event: (\w+)\ndata: (.*)\n/g)) {
        events++;
        if (event === "job") times.push(...(JSON.parse(data!) as JobEvent).job!.history.map(({ atMs }) => atMs));
      }
      if (events >= 8) break;
    }
    assert(times.length > 1, "a report adds a point");
    assertEquals(times, [...new Set(times)].sort((a, b) => a - b), "each point comes once");
  },
);

onEachBroker("a job that nobody has heard of is not there, and says so", async (scope) => {
  await using dashboard = new ServedForTest(await scope.broker());
  const response = await dashboard.get("/api/jobs/nobody");
  assertEquals([response.status, (await response.json()).error], [
    404,
    'Nothing was heard of a job "nobody" within a day',
  ]);
});
