/** The demo: what it shows of which state, and that it runs, ends and goes on. */
import { ManualClock } from "../../src/engine/testing/mod.ts";
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { sendBookings } from "../../src/cli/demo/booking.ts";
import { clip, wrap } from "../../src/cli/screen/canvas.ts";
import { Demo } from "../../src/cli/demo/demo.ts";
import { eventTimeOf } from "../../src/cli/demo/event_time.ts";
import { Messages } from "../../src/cli/demo/messages.ts";
import { PipelineWatch } from "../../src/cli/demo/pipeline_watch.ts";
import { renderLines, renderSummary } from "../../src/cli/demo/report.ts";
import { renderScreen, type ScreenMessage } from "../../src/cli/demo/screen.ts";
import type { DemoState, Traveller } from "../../src/cli/demo/state.ts";
import type { PartitionWatch } from "../../src/cli/demo/topic_watch.ts";
import { createMissingTopics, DEMO_TOPICS, forgetDemo } from "../../src/cli/demo/topics.ts";
import { eventTimeWords, formatElapsed, formatMinutes, standbyWords } from "../../src/cli/demo/words.ts";
import type { Broker, BrokerRecord } from "../../src/connectors/broker.ts";
import { BrokerError } from "../../src/connectors/broker_errors.ts";
import { type Clock, SILENT } from "../../src/engine/mod.ts";
import type { FlightData, SkyoneData, SunsetData, UserStatistics } from "../../src/models.ts";
import { encodeJson } from "../../src/utils.ts";
import { buildStatistics } from "../builders.ts";
import { readAll } from "../connectors/contract/reading.ts";
import { until } from "../connectors/contract/waiting.ts";
import { ObservedBroker } from "../memory_broker/observed_broker.ts";

const NOW_MS = Date.parse("2026-03-01T12:34:56.789Z");
const WINDOW = { startMs: Date.parse("2026-03-01T12:34:55Z"), endMs: Date.parse("2026-03-01T12:35:00Z") };

function buildState(overrides: Partial<DemoState> = {}): DemoState {
  return {
    broker: "embedded log in .broker",
    nowMs: NOW_MS,
    elapsedMs: 62_345,
    topics: {
      skyone: { name: "demo.skyone", count: 1204, added: 1204, perSecond: 20 },
      sunset: { name: "demo.sunset", count: 1204, added: 1204, perSecond: 19.96 },
      flightdata: { name: "demo.flightdata", count: 1806, added: 1806, perSecond: 30.1 },
      userstatistics: { name: "demo.userstatistics", count: 912, added: 912, perSecond: 15.2 },
    },
    importer: { name: "demo_flight_importer", status: "active", behind: 14 },
    statistics: { name: "demo_user_statistics", status: "active", behind: 0 },
    eventTime: { kind: "at", ms: NOW_MS - 100, window: WINDOW, heldBy: "demo.flightdata-3" },
    travellers: TRAVELLERS,
    ...overrides,
  };
}

const TRAVELLERS: readonly Traveller[] = Array.from("ABCDEFGHIJKL", (letter, i) => ({
  email: `${letter.repeat(5)}@email.com`,
  flights: 31 - i,
  minutes: 12_345 - 601 * i,
  gained: (i * 2) % 3,
}));

const MESSAGES: readonly ScreenMessage[] = [
  { text: "12:34:46 demo_flight_importer: 401 in, 300 out, 101 filtered out, 0 to go", isWarning: false },
  { text: "12:34:50 warning: Kafka does not answer; reads on in 1 s", isWarning: true },
  {
    text: "12:34:51 demo_user_statistics: this is said in so many words that a row of eighty has no room",
    isWarning: false,
  },
];

function screen(state: DemoState, columns: number, rows: number): string[] {
  return renderScreen(state, MESSAGES, { columns, rows, colours: false, timeZone: "UTC" });
}

function trimmed(lines: readonly string[]): string[] {
  return lines.map((line) => line.trimEnd());
}

Deno.test("renderScreen() fills a usual terminal", () => {
  assertEquals(trimmed(screen(buildState(), 80, 24)), [
    " demo  embedded log in .broker                             1:02  Ctrl-C ends it",
    "",
    " gen ─▶ demo.skyone ──────────┐",
    "        1,204  20.0/s         ├─▶ demo_flight_importer ─▶ demo.flightdata ──┐",
    " gen ─▶ demo.sunset ──────────┘   14 behind               1,806  30.1/s     │",
    "        1,204  20.0/s                                                       │",
    "        demo.userstatistics ◀──── demo_user_statistics ◀────────────────────┘",
    "        912  15.2/s               0 behind",
    "",
    " Event time 12:34:56.6, window 12:34:55–12:35:00 closes in 3.3 s  ███░░░░░░░",
    "",
    " Most flights        flights        in the air   newest window",
    " AAAAA@email.com          31      205 h 45 min",
    " BBBBB@email.com          30      195 h 44 min              +2",
    " CCCCC@email.com          29      185 h 43 min              +1",
    " DDDDD@email.com          28      175 h 42 min",
    " EEEEE@email.com          27      165 h 41 min              +2",
    " FFFFF@email.com          26      155 h 40 min              +1",
    " GGGGG@email.com          25      145 h 39 min",
    " HHHHH@email.com          24      135 h 38 min              +2",
    "",
    " 12:34:46 demo_flight_importer: 401 in, 300 out, 101 filtered out, 0 to go",
    " 12:34:50 warning: Kafka does not answer; reads on in 1 s",
    " 12:34:51 demo_user_statistics: this is said in so many words that a row of ei…",
  ]);
});

Deno.test("renderScreen() draws the pipeline upright on a small terminal", () => {
  assertEquals(
    trimmed(screen(buildState({ limitMs: 90_000 }), 40, 15)),
    [
      " demo  embedded log in .…  1:02 of 1:30",
      " demo.skyone              1,204  20.0/s",
      " demo.sunset              1,204  20.0/s",
      " ▼ demo_flight_importer       14 behind",
      " demo.flightdata          1,806  30.1/s",
      " ▼ demo_user_statistics        0 behind",
      " demo.userstatistics        912  15.2/s",
      " Event time 12:34:56.6, window",
      " 12:34:55–12:35:00 closes in 3.3 s",
      " Most flights    flights     in the air",
      " AAAAA@email.com      31   205 h 45 min",
      " BBBBB@email.com      30   195 h 44 min",
      " CCCCC@email.com      29   185 h 43 min",
      " DDDDD@email.com      28   175 h 42 min",
      " 12:34:51 demo_user_statistics: this i…",
    ],
  );
});

Deno.test("renderScreen() says what the first window waits for", () => {
  const { topics } = buildState();
  const state = buildState({
    topics: { ...topics, userstatistics: { ...topics.userstatistics, count: 0, added: 0, perSecond: 0 } },
    travellers: [],
  });
  assertEquals(trimmed(screen(state, 80, 24)).slice(9, 13), [
    " No statistics yet: window 12:34:55–12:35:00 closes when event time gets to its",
    " end; it is at 12:34:56.6, held by demo.flightdata-3",
    "",
    "",
  ]);
});

Deno.test("renderScreen() keeps to the terminal, whatever its size and the state", () => {
  const nobody: Traveller[] = [{
    email: "someone.with.a.very.long.name@email.example",
    flights: 1,
    minutes: 1,
    gained: 1,
  }];
  const states = [
    buildState(),
    buildState({ broker: undefined, travellers: [], eventTime: { kind: "none" } }),
    buildState({ travellers: nobody, importer: { name: "demo_flight_importer", status: "stands by", holder: "a" } }),
  ];
  for (const state of states) {
    for (const columns of [1, 2, 10, 20, 39, 59, 60, 75, 80, 81, 200]) {
      for (const rows of [1, 3, 8, 12, 15, 19, 20, 24, 60]) {
        const lines = screen(state, columns, rows);
        assertEquals(lines.length, rows);
        for (const line of lines) assertEquals([...line].length, columns, `${columns}x${rows}: "${line}"`);
      }
    }
  }
});

Deno.test("renderScreen() adds nothing but colours when there are colours", () => {
  const options = { columns: 80, rows: 24, timeZone: "UTC" };
  const coloured = renderScreen(buildState(), MESSAGES, { ...options, colours: true });
  assert(coloured.every((line) => !line.includes("\x1b[31m")));
  assertStringIncludes(coloured[2]!, "\x1b[36mdemo.skyone\x1b[39m");
  assertStringIncludes(coloured[22]!, "\x1b[33m12:34:50 warning:");
  // deno-lint-ignore no-control-regex
  assertEquals(coloured.map((line) => line.replace(/\x1b\[\d+m/g, "")), screen(buildState(), 80, 24));
});

Deno.test("eventTimeWords() says what the open window waits for", () => {
  const words = (eventTime: DemoState["eventTime"], count: number, added: number) => {
    const { topics } = buildState();
    const userstatistics = { ...topics.userstatistics, count, added };
    return eventTimeWords(buildState({ eventTime, topics: { ...topics, userstatistics } }), "UTC");
  };
  const at = buildState().eventTime;
  assertEquals(words(at, 5, 5), "Event time 12:34:56.6, window 12:34:55–12:35:00 closes in 3.3 s");
  assertEquals(
    words(at, 5, 0),
    "No new statistics yet: window 12:34:55–12:35:00 closes when event time gets to its end; it is at 12:34:56.6, " +
      "held by demo.flightdata-3",
  );
  assertEquals(
    words({ kind: "none" }, 0, 0),
    "No statistics yet: waits for the first flights out of demo_flight_importer",
  );
  assertEquals(
    words({ kind: "incomplete", partition: "demo.flightdata-2", waitMs: 3_200 }, 0, 0),
    "No statistics yet: no record in demo.flightdata-2, event time waits for one up to 4 s",
  );
  assertEquals(
    words({ kind: "silent", ms: NOW_MS, silentMs: 7_900 }, 9, 3),
    "Event time stands at 12:34:56.7: no flights for 7 s",
  );
});

Deno.test("standbyWords() says that another demo runs the jobs", () => {
  assertEquals(standbyWords(buildState()), undefined);
  const importer = { name: "demo_flight_importer", status: "stands by", holder: "process 4711" } as const;
  assertEquals(
    standbyWords(buildState({ importer, statistics: { ...importer, name: "demo_user_statistics" } })),
    "Another demo is running here, process 4711: this one only watches, and takes over when that one ends",
  );
});

Deno.test("renderLines() has the same information in lines", () => {
  assertEquals(renderLines(buildState(), "UTC"), [
    "12:34:56  demo.skyone 1,204 (20.0/s), demo.sunset 1,204 (20.0/s), demo.flightdata 1,806 (30.1/s), " +
    "demo.userstatistics 912 (15.2/s)",
    "12:34:56  demo_flight_importer 14 behind, demo_user_statistics 0 behind",
    "12:34:56  Event time 12:34:56.6, window 12:34:55–12:35:00 closes in 3.3 s",
    "12:34:56  Most flights: AAAAA@email.com 31 in 205 h 45 min, BBBBB@email.com 30 in 195 h 44 min, " +
    "CCCCC@email.com 29 in 185 h 43 min",
  ]);
});

Deno.test("renderSummary() shows what lies in the topics and what came this time", () => {
  const state = buildState();
  const skyone = { ...state.topics.skyone, count: 12_040 };
  assertEquals(
    renderSummary({ ...state, topics: { ...state.topics, skyone }, travellers: TRAVELLERS.slice(0, 2) }),
    [
      "The demo ran 62.3 s (embedded log in .broker)",
      "",
      "  topic                records  this time",
      "  demo.skyone           12,040     +1,204",
      "  demo.sunset            1,204     +1,204",
      "  demo.flightdata        1,806     +1,806",
      "  demo.userstatistics      912       +912",
      "",
      "  most flights     flights    in the air",
      "  AAAAA@email.com       31  205 h 45 min",
      "  BBBBB@email.com       30  195 h 44 min",
      "",
      "The next demo goes on from here; --reset starts over",
    ],
  );
});

Deno.test("wrap() breaks at blanks and clips what has no room", () => {
  assertEquals(wrap("one two three", 7, 3), ["one two", "three"]);
  assertEquals(wrap("one two three", 7, 1), ["one tw…"]);
  assertEquals(wrap("abcdefghij", 4, 3), ["abcd", "efgh", "ij"]);
  assertEquals(clip("▼ é", 2), "▼…");
  assertEquals(clip("text", 0), "");
});

Deno.test("formatElapsed() and formatMinutes() read like clocks", () => {
  assertEquals([0, 59_999, 60_000, 3_600_000].map(formatElapsed), ["0:00", "0:59", "1:00", "1:00:00"]);
  assertEquals([0, 65, 60_000].map(formatMinutes), ["0 h 00 min", "1 h 05 min", "1,000 h 00 min"]);
});

Deno.test("Messages keeps warnings in sight for a minute, and control characters out of it", () => {
  const clock = new ManualClock(NOW_MS);
  const messages = new Messages(clock);
  messages.add("warning: it went \x1b[2Jwrong");
  for (const text of ["a", "b", "c", "d"]) messages.add(text);
  assertEquals(messages.newest("UTC"), [
    { text: "12:34:56 warning: it went ·[2Jwrong", isWarning: true },
    { text: "12:34:56 c", isWarning: false },
    { text: "12:34:56 d", isWarning: false },
  ]);
  clock.advance(60_000);
  assertEquals(messages.newest("UTC").map(({ text }) => text), ["12:34:56 b", "12:34:56 c", "12:34:56 d"]);
  assertEquals(messages.warnings, ["warning: it went ·[2Jwrong"]);
});

// -------------------------------------------------------------------------------------------------------- watching

function buildPartition(split: string, overrides: Partial<PartitionWatch> = {}): PartitionWatch {
  return { split, nextOffset: 0, firstEnd: 0, eventTimeMs: NOW_MS, heardMs: NOW_MS, ...overrides };
}

Deno.test("eventTimeOf() follows the partition that is furthest behind and not silent", () => {
  const options = { nowMs: NOW_MS, windowMs: 5_000, idleMs: 5_000 };
  const old = { eventTimeMs: NOW_MS - 60_000 };
  assertEquals(eventTimeOf([], options), { kind: "none" });
  assertEquals(eventTimeOf([buildPartition("f-0", { eventTimeMs: undefined })], options), { kind: "none" });
  assertEquals(eventTimeOf([buildPartition("f-0"), buildPartition("f-1", old)], options), {
    kind: "at",
    ms: NOW_MS - 60_000,
    window: { startMs: WINDOW.startMs - 60_000, endMs: WINDOW.endMs - 60_000 },
    heldBy: "f-1",
  });
  const silent = { heardMs: NOW_MS - 5_000 };
  assertEquals(eventTimeOf([buildPartition("f-0"), buildPartition("f-1", { ...old, ...silent })], options), {
    kind: "at",
    ms: NOW_MS,
    window: WINDOW,
    heldBy: "f-0",
  });
  assertEquals(eventTimeOf([buildPartition("f-0", silent), buildPartition("f-1", { ...old, ...silent })], options), {
    kind: "silent",
    ms: NOW_MS,
    silentMs: 5_000,
  });
  const empty = { eventTimeMs: undefined, heardMs: NOW_MS - 2_000 };
  assertEquals(eventTimeOf([buildPartition("f-0"), buildPartition("f-1", empty)], options), {
    kind: "incomplete",
    partition: "f-1",
    waitMs: 3_000,
  });
});

async function demoBroker(): Promise<ObservedBroker> {
  const broker = new ObservedBroker();
  await createMissingTopics(broker, SILENT);
  return broker;
}

/** A clock that stands still but for its sleepers, and stops them after a while. */
function steppingClock(stopAfterMs: number): { clock: Clock; signal: AbortSignal } {
  const controller = new AbortController();
  let nowMs = NOW_MS;
  return {
    signal: controller.signal,
    clock: {
      now: () => nowMs,
      monotonicMs: () => nowMs,
      sleep: (ms) => {
        nowMs += ms;
        if (nowMs >= NOW_MS + stopAfterMs) controller.abort();
        return Promise.resolve();
      },
    },
  };
}

async function send(broker: Broker, partition: number, timestampMs: number, value: unknown): Promise<void> {
  const producer = await broker.producer();
  const record = { topic: DEMO_TOPICS.userstatistics.name, partition, key: null, timestampMs };
  await producer.send([{ ...record, value: encodeJson(value) }]);
  await producer.close();
}

/** Until there is nothing left to read. */
async function readOn(watch: PipelineWatch, broker: ObservedBroker): Promise<void> {
  const controller = new AbortController();
  broker.onIdle = () => controller.abort();
  await watch.run(controller.signal);
}

Deno.test("PipelineWatch counts records, not offsets, and keeps the latest statistics of each traveller", async () => {
  const broker = await demoBroker();
  const anna = (flights: number) =>
    buildStatistics({ number_of_flights: flights, total_flight_duration: flights * 60 });
  const berta = buildStatistics({ email_address: "BERTA@email.com", number_of_flights: 3 });
  await send(broker, 0, WINDOW.startMs - 1, anna(2));
  broker.skipOffsets(DEMO_TOPICS.userstatistics.name, 0, 7);
  const warnings: string[] = [];
  const logger = { ...SILENT, warn: (message: string) => void warnings.push(message) };
  const watch = await PipelineWatch.open(broker, steppingClock(60_000).clock, logger);
  await send(broker, 0, WINDOW.endMs - 1, anna(5));
  await send(broker, 1, WINDOW.startMs - 1, berta);
  await send(broker, 1, WINDOW.endMs - 1, { email_address: "NOONE@email.com" });

  await readOn(watch, broker);

  const { name, count, added } = watch.topics.userstatistics.state(NOW_MS);
  assertEquals({ name, count, added }, { name: "demo.userstatistics", count: 4, added: 3 });
  assertEquals(watch.travellers(), [
    { email: "ANNAB@email.com", flights: 5, minutes: 300, gained: 3 },
    { email: "BERTA@email.com", flights: 3, minutes: 120, gained: 0 },
  ]);
  assertEquals(warnings.length, 1);
  assertStringIncludes(warnings[0]!, "Cannot show offset 1 of demo.userstatistics:");
});

Deno.test("TopicWatch takes its rate from what came of late", async () => {
  const broker = await demoBroker();
  const { clock } = steppingClock(Infinity);
  const watch = await PipelineWatch.open(broker, clock, SILENT);
  const rate = () => watch.topics.userstatistics.state(clock.now()).perSecond;
  for (let i = 0; i < 30; i++) await send(broker, 0, NOW_MS, buildStatistics());
  await readOn(watch, broker);
  assertEquals(rate(), 30);
  await clock.sleep(6_000);
  assertEquals(rate(), 5);
  await clock.sleep(4_000);
  assertEquals(rate(), 0);
});

// ---------------------------------------------------------------------------------------------------- topics, bookings

Deno.test("createMissingTopics() leaves topics alone that are there", async () => {
  const broker = new ObservedBroker();
  await broker.createTopics([{ name: "demo.sunset", partitions: 2 }, { name: "skyone", partitions: 1 }]);
  broker.changes.length = 0;
  await createMissingTopics(broker, SILENT);
  await createMissingTopics(broker, SILENT);
  assertEquals(broker.changes, [
    "createTopic demo.skyone 5",
    "createTopic demo.flightdata 5",
    "createTopic demo.userstatistics 5",
  ]);
});

Deno.test("forgetDemo() removes the demo's topics and jobs, and refuses while some are running", async () => {
  const broker = await demoBroker();
  await broker.createTopics([{ name: "skyone", partitions: 1 }]);
  broker.changes.length = 0;
  broker.jobs = [{ job: "demo_flight_importer", running: true }, { job: "demo_user_statistics", running: false }];
  await assertRejects(
    () => forgetDemo(broker, SILENT),
    BrokerError,
    "Cannot start the demo over while demo_flight_importer is running here: stop it first",
  );
  assertEquals(broker.changes, []);
  broker.jobs = broker.jobs.map(({ job }) => ({ job, running: false }));
  await forgetDemo(broker, SILENT);
  assertEquals(broker.changes.slice(0, 2), ["dropJob demo_flight_importer", "dropJob demo_user_statistics"]);
  assertEquals(await broker.listTopics(), ["skyone"]);
});

Deno.test("sendBookings() goes on where the last demo stopped, with the same travellers", async () => {
  const book = async (broker: Broker, ms: number) => {
    const { clock, signal } = steppingClock(ms);
    await sendBookings(broker, { rate: 20, isWanted: () => true, clock, logger: SILENT, signal });
  };
  const interrupted = await demoBroker();
  await book(interrupted, 2_000);
  await book(interrupted, 3_000);
  const straight = await demoBroker();
  await book(straight, 5_000);

  const contents = (broker: ObservedBroker, topic: { name: string }) =>
    broker.records(topic.name).map(valueOf<SkyoneData & SunsetData>)
      .map(({ confirmation, reference_number, email_address, customer_email_address }) =>
        [
          confirmation ?? reference_number,
          email_address ?? customer_email_address,
        ].join()
      );
  for (const topic of [DEMO_TOPICS.skyone, DEMO_TOPICS.sunset]) {
    const found = contents(interrupted, topic).sort();
    assertEquals(found.length, 100);
    assertEquals(new Set(found).size, 100);
    assertEquals(found, contents(straight, topic).sort());
  }
});

Deno.test("sendBookings() pauses while it is not wanted", async () => {
  const broker = await demoBroker();
  const { clock, signal } = steppingClock(3_000);
  const isWanted = () => clock.now() >= NOW_MS + 2_000;
  await sendBookings(broker, { rate: 20, isWanted, clock, logger: SILENT, signal });
  const times = broker.records(DEMO_TOPICS.skyone.name).map(({ timestampMs }) => timestampMs);
  assertEquals(Math.min(...times), NOW_MS + 2_000);
  assertEquals(times.length, 20);
});

Deno.test("sendBookings() stops with the send during which it is no longer wanted, and goes on when it is again", async () => {
  const broker = await demoBroker();
  const { clock, signal } = steppingClock(3_000);
  const isWanted = () => clock.now() < NOW_MS + 1_000 || clock.now() >= NOW_MS + 2_000;
  await sendBookings(broker, { rate: 20, isWanted, clock, logger: SILENT, signal });
  const times = broker.records(DEMO_TOPICS.skyone.name).map(({ timestampMs }) => timestampMs - NOW_MS);
  assertEquals(times.filter((ms) => ms > 1_050 && ms < 2_000), []);
  assertEquals([times.filter((ms) => ms < 1_000).length, times.filter((ms) => ms >= 2_000).length], [20, 20]);
});

// ------------------------------------------------------------------------------------------------------ all together

function valueOf<T>(record: BrokerRecord): T {
  return JSON.parse(new TextDecoder().decode(record.value!));
}

function granted(...names: ("read" | "write" | "net" | "env")[]): boolean {
  return names.every((name) => Deno.permissions.querySync({ name }).state === "granted");
}

const PROMISE = "Demo shows statistics, stands by for another one and goes on from its commits";

Deno.test({
  name: `${PROMISE} [embedded log]${granted("read", "write") ? "" : " (skipped: it needs to read and write files)"}`,
  ignore: !granted("read", "write"),
  fn: async () => {
    const { openEmbeddedBroker } = await import("../../src/connectors/embedded/mod.ts");
    const dir = await Deno.makeTempDir();
    try {
      await using broker = await openEmbeddedBroker({ dir });
      await using rival = await openEmbeddedBroker({ dir });
      await checkTwoDemos(broker, rival);
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  },
});

const kafka = granted("env", "net", "read") ? Deno.env.get("TEST_BOOTSTRAP_SERVERS") : undefined;

Deno.test({
  name: `${PROMISE} [Kafka]${kafka === undefined ? " (skipped: no TEST_BOOTSTRAP_SERVERS)" : ""}`,
  ignore: kafka === undefined,
  fn: async () => {
    const { openKafkaBroker } = await import("../../src/connectors/kafka/mod.ts");
    const options = { brokers: kafka!.split(","), log: () => {} };
    await using broker = await openKafkaBroker(options);
    await using rival = await openKafkaBroker(options);
    await checkTwoDemos(broker, rival);
    await forgetDemo(broker, SILENT);
  },
});

/** Both on one log. */
async function checkTwoDemos(broker: Broker, rival: Broker): Promise<void> {
  const first = start(broker, { reset: true });
  await until(() => Promise.resolve(first.demo.state().travellers.length > 0));
  const second = start(rival);
  await until(() => Promise.resolve(second.demo.state().statistics.status === "stands by"));
  await until(() => Promise.resolve(second.demo.state().importer.status === "stands by"));
  await first.stop();
  const before = first.demo.state();
  assertEquals([before.importer.status, before.statistics.status], ["interrupted", "interrupted"]);
  assert(before.topics.userstatistics.added > 0);

  // All that one demo counted is there when the next one goes on.
  const total = sumOfFlights(before);
  await until(() => Promise.resolve(sumOfFlights(second.demo.state()) > total));
  await second.stop();
  const after = second.demo.state();
  assertEquals(after.topics.skyone.count, after.topics.sunset.count);
  assert(after.topics.skyone.count > before.topics.skyone.count);
  assert(after.travellers.length <= 100);

  // Each booking is a flight once at most, and each flight is counted once at most.
  const flights = (await readAll(broker, DEMO_TOPICS.flightdata.name)).flat().map(valueOf<FlightData>);
  assertEquals(new Set(flights.map(({ confirmation }) => confirmation)).size, flights.length);
  assertEquals(after.topics.flightdata.count, flights.length);
  const latest = (await readAll(broker, DEMO_TOPICS.userstatistics.name)).flat().map(valueOf<UserStatistics>)
    .map((statistics) => [statistics.email_address, statistics.number_of_flights] as const);
  assertEquals(new Map(after.travellers.map(({ email, flights }) => [email, flights])), new Map(latest));
  assert(sumOfFlights(after) <= flights.length);
}

function start(broker: Broker, options: { reset?: boolean } = {}): { demo: Demo; stop: () => Promise<void> } {
  const demo = new Demo({ ...options, logger: SILENT, windowMs: 500, rate: 100 });
  const end = new AbortController();
  const running = demo.run(broker, end.signal);
  return {
    demo,
    stop: () => {
      end.abort();
      return running;
    },
  };
}

function sumOfFlights({ travellers }: DemoState): number {
  return travellers.reduce((sum, { flights }) => sum + flights, 0);
}
