/** The dashboard's pages of data in a real browser: topics, state, travellers, and following a record. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { buildFlight, buildSkyone } from "../builders.ts";
import { onEachBroker, onEmbeddedLog } from "../cli/brokers.ts";
import { until } from "../connectors/contract/waiting.ts";
import { assertGoodInAllLooks } from "./axe.ts";
import { embeddedBroker, succeed } from "../e2e/programs.ts";
import { CourseJobs } from "./course_jobs.ts";
import { type BrowserTest, browserTest, shows, type Visit } from "./in_browser.ts";

/** Registers a test over the course's jobs. */
function inBrowser(
  name: string,
  body: (visit: Visit & { readonly jobs: CourseJobs }) => Promise<void>,
  on: BrowserTest<CourseJobs>["on"] = onEachBroker,
): void {
  browserTest(name, {
    open: async (scope) => new CourseJobs(await scope.broker(), (word) => scope.name(word)),
    body: (jobs, visit) => body({ jobs, ...visit }),
    on,
  });
}

const NOW_MS = Date.parse("2026-10-19T12:00:00Z");

/** Variables that programs find that are started meanwhile. */
function environment(env: Readonly<Record<string, string>>): Disposable {
  const names = ["BROKER", "BROKER_DIR", "BOOTSTRAP_SERVERS"];
  const before = names.map((name) => [name, Deno.env.get(name)] as const);
  const set = (name: string, value: string | undefined) =>
    value === undefined ? Deno.env.delete(name) : Deno.env.set(name, value);
  for (const name of names) set(name, env[name]);
  return {
    [Symbol.dispose]() {
      for (const [name, value] of before) set(name, value);
    },
  };
}
const LANDS = { flight_departure_time: "2026-10-20T08:00:00", flight_arrival_time: "2026-10-20T09:40:00" };
const LANDED = { flight_departure_time: "2026-10-18T08:00:00", flight_arrival_time: "2026-10-18T09:40:00" };

function booking(second: number, confirmation: string, overrides: Record<string, string> = LANDS) {
  const email_address = "ANNAB@email.com";
  const value = buildSkyone({ confirmation, email_address, ...overrides });
  return { timestampMs: NOW_MS + second * 1_000, key: { ref: confirmation }, value };
}

inBrowser("a topic's page has its true counts, finds records and shows new ones as they come", async (visit) => {
  const { jobs, page } = visit;
  await jobs.createTopics();
  const { skyone } = jobs.names;
  await jobs.write(skyone, Array.from({ length: 30 }, (_, i) => ({ ...booking(i, `SKY1N${i}`), partition: i % 2 })));
  await visit.visit("/topics");
  await page.locator("input[type=search]").fill(skyone);
  await shows(page, "tbody tr", new RegExp(`${skyone}\\s+2\\s+30\\s`));
  await page.locator("tbody a", { hasText: skyone }).click();
  await shows(page, "[data-fact=records]", /^30$/);
  await until(async () => await page.locator(".record").count() === 20);
  await page.locator("button", { hasText: "Show more" }).click();
  await until(async () => await page.locator(".record").count() === 30);

  await page.locator("input[name=key]").fill("SKY1N7");
  await page.locator("button.primary", { hasText: "Search" }).click();
  await shows(page, ".list-head", /1 found in 30 that were looked at/);
  await page.locator(".record-line").click();
  const body = await page.locator(".record-body").innerText();
  assertMatch(body, /Partition\s+1\s+Offset\s+3/);
  assertMatch(body, /"confirmation": "SKY1N7"/);
  await visit.visit(`/topics/${skyone}?partition=0&offset=13`);
  await shows(page, ".record-place", /^0:13\n0:14$/);

  await visit.visit(`/topics/${skyone}`);
  await page.locator(".switch input").check();
  await shows(page, ".list-head", /Records as they come/);
  await jobs.write(skyone, [booking(60, "SKY1NEW")]);
  await shows(page, ".record-key", /SKY1NEW/);
  await shows(page, "[data-fact=records]", /^31$/);
});

/** In every field of a record, and as names: nothing of it may become an element. */
const EVIL = '<img src=x onerror="window.evil=1"><script>window.evil=1</script>';

inBrowser("what topics hold is text on all pages, whatever it is", async ({ jobs, page, visit }) => {
  await jobs.createTopics();
  const { skyone, flightdata, userstatistics, statistics } = jobs.names;
  await jobs.write(skyone, [{
    timestampMs: NOW_MS,
    key: { ref: EVIL },
    value: { text: EVIL, [EVIL]: [EVIL] },
    headers: [[EVIL, EVIL]],
  }, { timestampMs: NOW_MS, key: EVIL, value: EVIL }]);
  const email = `${EVIL}@email.com`;
  const flight = (second: number) => ({
    timestampMs: NOW_MS + second * 1_000,
    key: { confirmation: EVIL },
    value: buildFlight({ email_address: email, confirmation: EVIL }),
  });
  await jobs.write(flightdata, [flight(1), flight(30), flight(60)]);
  jobs.start(() => NOW_MS);
  await visit(`/topics/${skyone}`);
  await until(async () => await page.locator(".record").count() === 2);
  for (const line of await page.locator(".record-line").all()) await line.click();
  await shows(page, ".record-body", /onerror/);
  await visit(`/travellers?topic=${userstatistics}`);
  await shows(page, ".travellers", /onerror/);
  await visit(`/state/${statistics}?key=${encodeURIComponent(email)}`);
  await shows(page, ".key-panel", /total of user_statistics/);
  await visit(`/follow?topic=${skyone}&key=${encodeURIComponent(EVIL)}`);
  await shows(page, ".listing", /onerror/);
  await visit(`/follow?topic=${encodeURIComponent(EVIL)}&partition=0&offset=0`);
  await shows(page, "[role=alert]", /onerror/);
  assertEquals(await page.evaluate("window.evil"), undefined);
});

inBrowser("the page of a job's state has a key's total and its open window", async ({ jobs, page, visit }) => {
  await jobs.createTopics();
  const { flightdata, statistics } = jobs.names;
  const flight = (second: number, email_address: string) => ({
    timestampMs: NOW_MS + second * 1_000,
    key: { confirmation: `${second}` },
    value: buildFlight({ confirmation: `${second}`, email_address }),
  });
  await jobs.write(flightdata, [
    flight(1, "ANNA@email.com"),
    flight(12, "ANNA@email.com"),
    // In the other partition: event time then passes 12:00:10 without waiting for one that is silent.
    { ...flight(13, "BEN@email.com"), partition: 1 },
  ]);
  jobs.start(() => NOW_MS);
  // A job that has never committed has no state, and its page says so.
  await until(async () => (await jobs.broker.readCommit(statistics)).size > 0);
  await visit(`/state/${statistics}`);
  await until(async () => {
    await page.locator("button", { hasText: "Read the last commit again" }).click();
    await page.locator(".keys input").fill("B");
    await page.locator(".keys input").fill("");
    return /^ANNA@email.com\nBEN@email.com$/.test((await page.locator(".keys .listing li").allInnerTexts()).join("\n"));
  });
  // The first commits may be older than the end of her first window, which makes the total.
  let text = "";
  await until(async () => {
    await page.locator("button", { hasText: "Read the last commit again" }).click();
    await page.locator(".keys a", { hasText: "ANNA" }).click();
    text = (await page.locator(".key-panel").allInnerTexts()).join("\n");
    return /total of user_statistics\n[^]*"number_of_flights": 1/.test(text) && text.includes("Fires when");
  });
  assertMatch(text, /Open window 2026-10-19 12:00:10–12:00:20 of user_statistics/);
  assertMatch(text, /Fires when event time reaches 2026-10-19 12:00:19 UTC/);
  await page.locator(".keys input").fill("BEN");
  await shows(page, ".keys .listing li", /^BEN@email.com$/);
});

inBrowser("the page of travellers has the totals of the topic, and grows", async ({ jobs, page, visit }) => {
  await jobs.createTopics();
  const { userstatistics } = jobs.names;
  const total = (email_address: string, number_of_flights: number, second: number) => ({
    timestampMs: NOW_MS + second * 1_000,
    key: { email_address },
    value: { email_address, total_flight_duration: number_of_flights * 100, number_of_flights },
  });
  await jobs.write(userstatistics, [
    total("ANNA@email.com", 1, 1),
    total("BEN@email.com", 2, 2),
    total("ANNA@email.com", 3, 3),
  ]);
  await visit(`/travellers?topic=${userstatistics}`);
  await shows(page, ".travellers tbody tr", /^ANNA@email.com\s+3\s+5 h 00 min\nBEN@email.com\s+2\s+3 h 20 min$/);
  await shows(page, "[data-fact=flights]", /^5$/);
  await jobs.write(userstatistics, [total("BEN@email.com", 40, 4)]);
  await shows(page, ".travellers tbody tr", /^BEN@email.com\s+40\s+66 h 40 min\nANNA/);
  await shows(page, "[data-fact=flights]", /^43$/);
});

inBrowser("a key is followed live through both jobs: counted, filtered out, bad or late", async (all) => {
  const { scope, jobs, page, visit } = all;
  // At a Kafka that is shared all jobs follow, whosoever they are.
  const [live, gone, bad, tooLate] = ["SKY1LIVE", "SKY1GONE", "SKY1BAD", "SKY1LATE"].map((word) =>
    scope.name(word)
  ) as [
    string,
    string,
    string,
    string,
  ];
  await jobs.createTopics();
  const { skyone, flightdata, userstatistics, importer, statistics } = jobs.names;
  jobs.start(() => NOW_MS);
  const follow = async (topic: string, key: string) => {
    await visit(`/follow?topic=${topic}&key=${key}`);
    await page.locator("button", { hasText: "Follow live" }).click();
    await shows(page, "[role=status]", new RegExp(`Followed by .*${importer}.*${statistics}`));
  };
  const steps = async () =>
    await page.locator(".step").evaluateAll((all) => all.map((step) => step.getAttribute("data-kind")).join(" "));

  await follow(skyone, live);
  await jobs.write(skyone, [booking(30, live), booking(130, "SKY1NEXT")]);
  await shows(page, ".outcome", new RegExp(`It arrived: what came of it lies in ${userstatistics}-\\d at offset 0`));
  assertEquals(await steps(), "read decoded emitted emitted sent read decoded emitted window fired state emitted sent");
  const text = await page.locator(".journey").innerText();
  assertMatch(text, /still_to_land\s*passes \(flight\) => landsAfter\(flight, now\(\)\)/);
  assertMatch(text, new RegExp(`sent to ${flightdata}-\\d offset 0`));
  assertMatch(text, /put into window 2026-10-19 12:00:30–12:00:40 of "ANNAB@email.com"/);
  assertMatch(text, /state "total" of "ANNAB@email.com" is set/);
  assertMatch(text, /\{"email_address": "ANNAB@email.com", "total_flight_duration": 100, "number_of_flights": 1\}/);

  await follow(skyone, gone);
  await jobs.write(skyone, [booking(131, gone, LANDED)]);
  await shows(page, ".outcome", new RegExp(`filtered out by still_to_land of ${importer}`));
  await follow(skyone, bad);
  await jobs.write(skyone, [{ ...booking(132, bad), value: "<html>no</html>" }]);
  await shows(page, ".outcome", /came no further than \S+_source of \S+: a dead letter of .*value is not JSON/);
  await follow(flightdata, tooLate);
  const late = {
    timestampMs: NOW_MS + 35_000,
    key: { confirmation: tooLate },
    value: buildFlight({ confirmation: tooLate }),
  };
  // Into the partition that has brought event time further.
  const endOffsets = (await jobs.broker.describeTopics([flightdata]))[0]!.endOffsets;
  await jobs.write(flightdata, [{ ...late, partition: endOffsets.indexOf(Math.max(...endOffsets)) }]);
  await shows(
    page,
    ".outcome",
    new RegExp(`too late for user_statistics of ${statistics}: late by 1 min \\d+ s, a dead letter`),
  );
});

inBrowser("a record is followed afterwards through both jobs, by running them again", async ({ jobs, page, visit }) => {
  const { broker } = jobs;
  const dir = /^embedded log in (.*)$/.exec(broker.description)![1]!;
  await broker.createTopics(
    ["skyone", "sunset", "flightdata", "userstatistics"].map((name) => ({ name, partitions: 1 })),
  );
  await jobs.write("skyone", [
    booking(10, "SKY1GONE", LANDED),
    booking(30, "SKY1FIRST"),
    { ...booking(35, "SKY1BAD"), value: "<html>no</html>" },
    booking(70, "SKY1NEXT"),
  ]);
  const log = embeddedBroker(dir);
  await succeed(log, "s16", ["--from", "earliest", "--bounded", "--now", new Date(NOW_MS).toISOString()]);
  await succeed(log, "s20", ["--from", "earliest", "--bounded"]);
  const flight = (second: number, confirmation: string) => ({
    timestampMs: NOW_MS + second * 1_000,
    key: { confirmation },
    value: buildFlight({ confirmation }),
  });
  await jobs.write("flightdata", [flight(73, "SKY1AHEAD"), flight(50, "SKY1LATE")]);
  using _env = environment(log.env);
  // Each of the pages before leads here.
  await visit("/topics/skyone?key=SKY1FIRST");
  await page.locator(".record-line").click();
  await page.locator("a", { hasText: "Follow this record" }).click();
  await shows(page, ".outcome", /It arrived: what came of it lies in userstatistics-0 at offset 0/);
  const kinds = await page.locator(".step").evaluateAll((all) => all.map((step) => step.getAttribute("data-kind")));
  assertEquals(
    kinds.join(" "),
    "read decoded emitted emitted sent read decoded emitted window fired state emitted sent",
  );
  const text = await page.locator(".journey").innerText();
  assertMatch(text, /\{"email_address": "ANNAB@email.com", "total_flight_duration": 100, "number_of_flights": 1\}/);
  for (
    const [topic, offset, outcome] of [
      ["skyone", 0, /It was filtered out by still_to_land of flight_importer/],
      ["skyone", 2, /came no further than skyone_source of flight_importer: a dead letter of .*value is not JSON/],
      ["flightdata", 3, /too late for user_statistics of user_statistics: late by 13 s, a dead letter/],
    ] as const
  ) {
    await visit(`/follow?topic=${topic}&partition=0&offset=${offset}`);
    // A link from elsewhere starts nothing by itself.
    await shows(page, ".ask", /What became of it\?/);
    await page.locator(".ask button").click();
    await shows(page, ".outcome", outcome);
  }
}, onEmbeddedLog);

inBrowser("names of 200 letters and 200 topics break no page, wide or narrow", async ({ jobs, page, visit }) => {
  const long = "n".repeat(200);
  const { broker } = jobs;
  await broker.createTopics([
    ...Array.from({ length: 199 }, (_, i) => ({ name: `topic-${String(i).padStart(3, "0")}`, partitions: 1 })),
    { name: long, partitions: 1 },
    { name: "x.userstatistics", partitions: 1 },
  ]);
  await jobs.write(long, [{ timestampMs: NOW_MS, key: long, value: { [long]: long } }]);
  await jobs.write("x.userstatistics", [{
    timestampMs: NOW_MS,
    key: "k",
    value: { email_address: long, total_flight_duration: 1e9, number_of_flights: 1e6 },
  }]);
  for (const width of [1280, 390]) {
    await page.setViewportSize({ width, height: 900 });
    for (
      const [path, selector] of [
        ["/topics", "tbody tr"],
        [`/topics/${long}`, ".record"],
        [`/follow?topic=${long}&key=${long}`, ".listing li"],
        [`/follow?topic=${long}&partition=0&offset=0`, ".opening"],
        ["/travellers?topic=x.userstatistics", ".travellers tbody tr"],
      ] as const
    ) {
      await visit(path);
      await page.locator(selector).first().waitFor();
      if (selector === ".record") await page.locator(".record-line").click();
      const beyond = await page.evaluate("document.documentElement.scrollWidth - innerWidth") as number;
      assert(beyond <= 0, `${path.slice(0, 30)} is ${beyond} px too wide for ${width}`);
    }
  }
  await visit("/topics");
  await until(async () => await page.locator("tbody tr").count() === 201);
}, onEmbeddedLog);

inBrowser("axe finds nothing serious on the pages of data, in all looks", async ({ jobs, page, visit }) => {
  await jobs.createTopics();
  const { skyone, userstatistics, statistics } = jobs.names;
  jobs.start(() => NOW_MS);
  await visit(`/follow?topic=${skyone}&key=SKY1SEEN`);
  await assertGoodInAllLooks(page, "follow a key");
  await page.locator("button", { hasText: "Follow live" }).click();
  await shows(page, "[role=status]", /Followed by/);
  await jobs.write(skyone, [booking(30, "SKY1SEEN"), booking(31, "SKY1GONE", LANDED), booking(130, "SKY1NEXT")]);
  await shows(page, ".outcome", /It arrived/);
  await assertGoodInAllLooks(page, "the way of a record");
  await visit("/follow");
  await page.locator("main .panel").first().waitFor();
  await assertGoodInAllLooks(page, "follow");
  await visit("/topics");
  await page.locator("tbody tr").first().waitFor();
  await assertGoodInAllLooks(page, "topics");
  await visit(`/topics/${skyone}`);
  await page.locator(".record-line").first().click();
  await page.locator(".record-body").waitFor();
  await assertGoodInAllLooks(page, "a topic");
  await visit(`/follow?topic=${skyone}&partition=0&offset=0`);
  await page.locator(".ask").waitFor();
  await assertGoodInAllLooks(page, "follow a record");
  await visit("/state");
  await page.locator("main .panel").first().waitFor();
  await assertGoodInAllLooks(page, "jobs with state");
  await visit(`/state/${statistics}?key=${encodeURIComponent("ANNAB@email.com")}`);
  await page.locator(".key-parts").waitFor();
  await assertGoodInAllLooks(page, "state");
  await visit(`/travellers?topic=${userstatistics}`);
  await page.locator(".travellers tbody tr").first().waitFor();
  await assertGoodInAllLooks(page, "travellers");
}, onEmbeddedLog);
