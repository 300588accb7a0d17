import { Repeats } from "../src/utils/repeats.ts";
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { JOB_OPTIONS, type JobOption } from "../src/engine/internal.ts";
import {
  brokerSettings,
  createLogger,
  decodeUtf8,
  describeError,
  encodeJson,
  formatCount,
  formatDuration,
  HelpRequested,
  jobOptions,
  nearest,
  NOW_FLAG,
  oneOf,
  OUT_OF_ORDERNESS_FLAG,
  parseDuration,
  parseFlags,
  parsePositiveDuration,
  parseStart,
  parseTime,
  type Process,
  runMain,
  UsageError,
  wholeNumber,
  WINDOW_FLAG,
} from "../src/utils.ts";

const FLAGS = {
  rate: { short: "r", value: "N", parse: wholeNumber({ min: 1, max: 9 }), help: "how fast" },
  idleMs: { name: "idle", value: "DURATION", default: "60s", parse: parseDuration, help: "how long" },
  title: { value: "TEXT", help: "how it is called" },
  json: { help: "as JSON" },
} as const;

function parse(...args: string[]) {
  return parseFlags(args, FLAGS, { command: "deno task example" });
}

function usage(run: () => unknown): string {
  const error: unknown = assertThrows(run, UsageError);
  return (error as UsageError).message;
}

function environment(values: Record<string, string> = {}) {
  return { get: (name: string) => values[name] };
}

// ---------------------------------------------------------------------------------------------------------- flags

Deno.test('parseFlags() skips a "--" before all flags, as npm wants it, unless an argument may follow', () => {
  assertEquals(parse("--", "--json", "--rate", "5").rate, 5);
  assertEquals(parse("--", "--json").json, true);
  assertEquals(usage(() => parse("--json", "--", "--rate")).startsWith('Unexpected argument "--rate"'), true);
});

Deno.test("parseFlags() gives each flag's value under its property, and defaults as if they were given", () => {
  assertEquals(parse(), { rate: undefined, idleMs: 60_000, title: undefined, json: false, _: [] });
  assertEquals(parse("--rate", "5", "--idle=1.5s", "--title", "007", "--json"), {
    rate: 5,
    idleMs: 1500,
    title: "007",
    json: true,
    _: [],
  });
  assertEquals(parse("-r", "5").rate, 5);
  assertEquals(parse("--json=false").json, false);
});

Deno.test("parseFlags() names an unknown flag and the nearest one", () => {
  assertEquals(usage(() => parse("--rat", "5")), "Unknown flag --rat. Did you mean --rate? --help lists all flags");
  assertEquals(usage(() => parse("--jsno")), "Unknown flag --jsno. Did you mean --json? --help lists all flags");
  assertEquals(usage(() => parse("--no-json")), "Unknown flag --no-json. --help lists all flags");
  assertEquals(usage(() => parse("-x")), "Unknown flag -x. --help lists all flags");
  assertEquals(usage(() => parse("--a.b=c")), "Unknown flag --a.b. --help lists all flags");
});

Deno.test("parseFlags() refuses a missing value, whatever follows", () => {
  const message = "Cannot use --rate: it needs a value, --rate N";
  assertEquals(usage(() => parse("--rate")), message);
  assertEquals(usage(() => parse("--rate=")), message);
  assertEquals(usage(() => parse("--rate", "--json")), message);
});

Deno.test("parseFlags() refuses a flag that is given twice", () => {
  assertEquals(usage(() => parse("--rate", "5", "--rate=5")), "Cannot use --rate: it was given 2 times");
  assertEquals(usage(() => parse("--json", "--json")), "Cannot use --json: it was given 2 times");
});

Deno.test("parseFlags() refuses a value that cannot be read, and says what was found", () => {
  assertEquals(usage(() => parse("--rate", "many")), 'Cannot use --rate: "many" is not a whole number');
  assertEquals(usage(() => parse("--rate", "1.5")), 'Cannot use --rate: "1.5" is not a whole number');
  assertEquals(usage(() => parse("--rate", "10")), "Cannot use --rate: it must be 9 or less: found 10");
  assertEquals(
    usage(() => parse("--idle", "60")),
    'Cannot use --idle: "60" is not a duration such as 500ms, 10s, 1m or 2h',
  );
  assertEquals(usage(() => parse("--json=maybe")), "Cannot use --json=maybe: --json takes no value");
});

Deno.test("parseFlags() reads a negative number as a value", () => {
  assertEquals(usage(() => parse("--rate", "-5")), "Cannot use --rate: it must be 1 or more: found -5");
  assertEquals(usage(() => parse("-r", "-5")), "Cannot use --rate: it must be 1 or more: found -5");
});

Deno.test("parseFlags() refuses arguments that belong nowhere", () => {
  assertEquals(
    usage(() => parse("--json", "stray")),
    'Unexpected argument "stray": flags begin with --, and --help lists them',
  );
});

Deno.test("parseFlags() gives the arguments that were asked for", () => {
  const one = (...args: string[]) => parseFlags(args, FLAGS, { command: "c", positionals: ["TOPIC"] })._;
  const many = (...args: string[]) => parseFlags(args, FLAGS, { command: "c", positionals: ["TOPIC..."] })._;
  assertEquals(one("skyone", "--json"), ["skyone"]);
  assertEquals(one("--json", "5"), ["5"]);
  assertEquals(one("--", "--json"), ["--json"]);
  assertEquals(many("skyone", "sunset"), ["skyone", "sunset"]);
  assertEquals(usage(() => one()), "TOPIC is missing: c TOPIC");
  assertEquals(usage(() => many()), "TOPIC... is missing: c TOPIC...");
  assertStringIncludes(usage(() => one("skyone", "sunset")), '"sunset"');
});

Deno.test("parseFlags() asks for help first, whatever else is wrong", () => {
  for (const args of [["--help"], ["-h"], ["--nonsense", "--rate", "--help"]]) {
    const help: unknown = assertThrows(() => parse(...args), HelpRequested);
    assertEquals(
      (help as HelpRequested).message,
      `Usage: deno task example [flags]

Flags:
  -r, --rate N     how fast
  --idle DURATION  how long (default: 60s)
  --title TEXT     how it is called
  --json           as JSON
  -h, --help       print this text`,
    );
  }
});

Deno.test("oneOf() names the words it takes", () => {
  assertEquals(oneOf("a", "b")("b"), "b");
  assertThrows(() => oneOf("a", "b")("c"), SyntaxError, '"c" is not one of a, b');
});

Deno.test("nearest() finds typing errors and beginnings, nearest first, and nothing far away", () => {
  assertEquals(nearest("skyon", ["sunset", "skyone", "flightdata"]), ["skyone"]);
  assertEquals(nearest("flihgtdata", ["flightdata"]), ["flightdata"]);
  assertEquals(nearest("flight", ["flightdata"]), ["flightdata"]);
  assertEquals(nearest("xyz", ["skyone", "sunset"]), []);
});

// ------------------------------------------------------------------------------------------- times, numbers, bytes

Deno.test("parseTime() reads ISO 8601 with and without zone, and epoch milliseconds", () => {
  assertEquals(parseTime("2026-01-01T00:00:00.250Z"), 1_767_225_600_250);
  assertEquals(parseTime("2026-01-01T01:00:00+01:00"), 1_767_225_600_000);
  assertEquals(parseTime("2026-01-01T00:00:00"), new Date(2026, 0, 1).getTime());
  assertEquals(parseTime("2026-01-01T00:00"), new Date(2026, 0, 1).getTime());
  assertEquals(parseTime("2026-01-01"), new Date(2026, 0, 1).getTime());
  assertEquals(parseTime("1767225600250"), 1_767_225_600_250);
});

Deno.test("parseTime() refuses what is no time, and times that do not exist", () => {
  for (const text of ["", "soon", "2026-1-1", "01.01.2026", "2026-01-01 00:00", "12.5"]) {
    assertThrows(() => parseTime(text), SyntaxError, `"${text}" is not a time such as`);
  }
  for (const text of ["2026-02-30T00:00:00", "2026-02-29", "2026-13-01", "2026-01-01T25:00"]) {
    assertThrows(() => parseTime(text), RangeError, `"${text}" is a time that does not exist`);
  }
});

Deno.test("parseStart() takes the two ends of a topic and times", () => {
  assertEquals(["earliest", "latest", "12"].map(parseStart), ["earliest", "latest", 12]);
  assertThrows(() => parseStart("lates"), SyntaxError, '"lates" is neither earliest nor latest');
});

Deno.test("formatDuration() writes what parseDuration() reads, in the largest unit that fits", () => {
  const texts = ["0s", "1ms", "1500ms", "10s", "90s", "1m", "90m", "2h"];
  assertEquals(texts.map((text) => formatDuration(parseDuration(text))), texts);
});

Deno.test("parseDuration() reads a number with its unit", () => {
  assertEquals(["500ms", "10s", "1.5s", "1m", "2h", "0s"].map(parseDuration), [
    500,
    10_000,
    1500,
    60_000,
    7_200_000,
    0,
  ]);
  for (const text of ["", "10", "s", "-1s", "1 s", "1d", "1e3ms"]) {
    assertThrows(() => parseDuration(text), SyntaxError, `"${text}" is not a duration`);
  }
  assertThrows(() => parsePositiveDuration("0s"), RangeError, 'found "0s"');
});

Deno.test("formatCount() groups thousands", () => {
  assertEquals([0, 999, 1204, 1_000_000].map(formatCount), ["0", "999", "1,204", "1,000,000"]);
});

Deno.test("decodeUtf8() gives the exact text, or nothing for other bytes", () => {
  assertEquals(decodeUtf8(encodeJson({ a: "é" })), '{"a":"é"}');
  assertEquals(decodeUtf8(new Uint8Array([0xef, 0xbb, 0xbf, 0x61])), "\uFEFFa");
  assertEquals(decodeUtf8(new Uint8Array([0x61, 0xff])), undefined);
});

// --------------------------------------------------------------------------------------------- settings and logging

Deno.test("brokerSettings() has defaults, and takes empty variables for none", () => {
  assertEquals(brokerSettings(environment()), { dir: ".broker", sync: "normal" });
  assertEquals(brokerSettings(environment({ BOOTSTRAP_SERVERS: "", BROKER: " " })), { dir: ".broker", sync: "normal" });
});

Deno.test("brokerSettings() reads all variables", () => {
  const env = environment({
    BOOTSTRAP_SERVERS: "localhost:9092, [::1]:9093,kafka-1.example.org:9094",
    BROKER: "kafka",
    BROKER_DIR: "/tmp/log",
    BROKER_SYNC: "full",
  });
  assertEquals(brokerSettings(env), {
    bootstrapServers: ["localhost:9092", "[::1]:9093", "kafka-1.example.org:9094"],
    broker: "kafka",
    dir: "/tmp/log",
    sync: "full",
  });
});

Deno.test("brokerSettings() names the variable that cannot be used", () => {
  const refused = (values: Record<string, string>) => usage(() => brokerSettings(environment(values)));
  assertEquals(refused({ BROKER: "redis" }), 'Cannot use BROKER: "redis" is not one of kafka, embedded');
  assertEquals(refused({ BROKER_SYNC: "yes" }), 'Cannot use BROKER_SYNC: "yes" is not one of normal, full');
  for (
    const server of ["localhost", "localhost:", "localhost:0", "localhost:99999", "http://localhost:9092", ":9092"]
  ) {
    assertEquals(
      refused({ BOOTSTRAP_SERVERS: `localhost:9092,${server}` }),
      `Cannot use BOOTSTRAP_SERVERS: "${server}" is not host:port such as localhost:9092`,
    );
  }
});

Deno.test("createLogger() writes one line a message and marks what is not plain news", () => {
  const lines: string[] = [];
  const logger = createLogger({ env: environment(), write: (line) => lines.push(line) });
  logger.debug("unseen");
  logger.info("Ready");
  logger.warn("Slow\n  very slow\n");
  logger.error("Gone");
  assertEquals(lines, ["Ready", "warning: Slow very slow", "error: Gone"]);
});

Deno.test("createLogger() begins a line with its time in UTC, with the date where nobody watches", () => {
  const lines: string[] = [];
  const now = () => Date.parse("2026-10-19T12:34:56.789+02:00");
  const options = { env: environment(), write: (line: string) => void lines.push(line), now };
  createLogger({ ...options, isTerminal: true }).warn("look");
  createLogger({ ...options, isTerminal: false }).warn("look");
  createLogger({ ...options, env: environment({ LOG_AT_TERMINAL: "1" }) }).warn("look");
  assertEquals(lines, ["10:34:56Z warning: look", "2026-10-19T10:34:56.789Z warning: look", "10:34:56Z warning: look"]);
});

Deno.test("createLogger() writes JSON with LOG_FORMAT=json, with the job's name beside the message", () => {
  const lines: string[] = [];
  const logger = createLogger({
    env: environment({ LOG_FORMAT: "json" }),
    write: (line) => lines.push(line),
    now: () => Date.parse("2026-10-19T10:34:56.789Z"),
    job: "stats",
  });
  logger.warn('stats: a "quoted"\nword');
  logger.info("broker: Kafka at x:1");
  assertEquals(lines.map((line) => JSON.parse(line)), [
    { time: "2026-10-19T10:34:56.789Z", level: "warn", job: "stats", message: 'a "quoted" word' },
    { time: "2026-10-19T10:34:56.789Z", level: "info", job: "stats", message: "broker: Kafka at x:1" },
  ]);
  assertEquals(
    usage(() => createLogger({ env: environment({ LOG_FORMAT: "xml" }) })),
    'Cannot use LOG_FORMAT: "xml" is not one of text, json',
  );
});

Deno.test("createLogger() counts a message that comes again and again, and hides no other", () => {
  const lines: string[] = [];
  const logger = createLogger({ env: environment(), write: (line) => lines.push(line) });
  for (let n = 0; n < 50; n++) logger.info("again");
  logger.info("other");
  assertEquals(lines.length, 11);
  assertEquals(lines.slice(8), ["again", "again (further ones within this minute are counted, not shown)", "other"]);
});

Deno.test("Repeats begins anew after a minute, and says how many it left out", () => {
  let nowMs = 0;
  const repeats = new Repeats(() => nowMs);
  for (let n = 0; n < 25; n++) repeats.take("again");
  nowMs = 59_999;
  assertEquals(repeats.take("again"), undefined);
  nowMs = 60_000;
  assertEquals(repeats.take("again"), "again (16 more of these were left out)");
  assertEquals(repeats.take("again"), "again");
});

Deno.test("createLogger() takes its level from LOG_LEVEL", () => {
  const lines: string[] = [];
  const write = (line: string) => lines.push(line);
  createLogger({ env: environment({ LOG_LEVEL: "debug" }), write }).debug("seen");
  createLogger({ env: environment({ LOG_LEVEL: "error" }), write }).warn("unseen");
  assertEquals(lines, ["debug: seen"]);
  assertEquals(
    usage(() => createLogger({ env: environment({ LOG_LEVEL: "loud" }) })),
    'Cannot use LOG_LEVEL: "loud" is not one of debug, info, warn, error',
  );
});

// ------------------------------------------------------------------------------------------------- options of a job

Deno.test("jobOptions() has the defaults of the course", () => {
  const { logger, startupHints, ...options } = jobOptions("flight_importer", [], { env: environment() });
  assertEquals(Object.keys(startupHints ?? {}).sort(), ["whenBehindAll", "whenIdle", "whenMissing"]);
  assertEquals(options, {
    jobName: "flight_importer",
    from: "latest",
    reset: false,
    allowNonRestoredState: false,
    allowWindowChange: false,
    drain: false,
    bounded: false,
    idleMs: 60_000,
    maxAheadMs: 3_600_000,
    delivery: undefined,
    commitIntervalMs: 1000,
    sessionTimeoutMs: 10_000,
    statusIntervalMs: 1000,
    http: undefined,
    onError: undefined,
    onWindowError: "fail",
    maxDead: { share: 0.5 },
    restartStrategy: { type: "none" },
    replicas: undefined,
    compression: undefined,
    print: false,
    explain: false,
    settings: { dir: ".broker", sync: "normal" },
  });
  assertEquals(typeof logger.info, "function");
});

Deno.test("jobOptions() has a flag for each setting of the engine that should have one, with the engine's default", () => {
  const options = jobOptions("j", [], { env: environment() }) as unknown as Record<string, unknown>;
  const help = assertThrows(() => jobOptions("j", ["--help"], { env: environment() }), HelpRequested).message;
  for (const [name, option] of Object.entries(JOB_OPTIONS) as [string, JobOption<unknown>][]) {
    if (option.flag === undefined) continue;
    assertEquals(options[name], option.default, name);
    assertEquals(help.includes(`--${option.flag.name ?? name}`), true, name);
  }
});

Deno.test("jobOptions() reads what every job has", () => {
  const args =
    "--from 2026-01-01T00:00:00Z --reset --bounded --idle 1s --delivery at-least-once --commit-interval 100ms " +
    "--session-timeout 6s --print --on-error skip --max-dead 7/min --restart 3 " +
    "--replication 2";
  const options = jobOptions("flight_importer", args.split(" "), { env: environment() });
  assertEquals(
    [options.from, options.reset, options.bounded, options.idleMs, options.delivery, options.commitIntervalMs],
    [1_767_225_600_000, true, true, 1000, "at-least-once", 100],
  );
  assertEquals([options.sessionTimeoutMs, options.print], [6000, true]);
  assertEquals([options.onError, options.maxDead, options.replicas], ["skip", { share: 1, perMinute: 7 }, 2]);
  const maxAhead = (text: string) => jobOptions("j", ["--max-ahead", text], { env: environment() }).maxAheadMs;
  assertEquals([maxAhead("5m"), maxAhead("any")], [300_000, Infinity]);
  const maxDead = (text: string) => jobOptions("j", ["--max-dead", text], { env: environment() }).maxDead;
  assertEquals([maxDead("20%"), maxDead("never")], [{ share: 0.2 }, { share: 1 }]);
  assertThrows(
    () => maxDead("7"),
    UsageError,
    'Cannot use --max-dead: "7" is not a limit such as 50%, 100/min or never',
  );
  const restart = (text: string) => jobOptions("j", ["--restart", text], { env: environment() }).restartStrategy;
  assertEquals(options.restartStrategy, { type: "fixed-delay", attempts: 3, delayMs: 10_000 });
  assertEquals([restart("none"), restart("forever")], [{ type: "none" }, { type: "exponential-delay" }]);
});

Deno.test("jobOptions() reads what only this job has", () => {
  const flags = { now: NOW_FLAG, windowMs: WINDOW_FLAG, outOfOrdernessMs: OUT_OF_ORDERNESS_FLAG };
  const read = (...args: string[]) => jobOptions("user_statistics", args, { flags, env: environment() });
  const options = read("--now", "12", "--window", "10s", "--out-of-orderness", "2s");
  assertEquals([options.now(), options.windowMs, options.outOfOrdernessMs], [12, 10_000, 2000]);
  assertEquals([read().now, read().windowMs, read().outOfOrdernessMs], [Date.now, 60_000, 0]);
});

Deno.test("jobOptions() refuses what cannot be, and flags of other jobs", () => {
  const refused = (...args: string[]) => usage(() => jobOptions("flight_importer", args, { env: environment() }));
  assertStringIncludes(refused("--from", "yesterday"), 'Cannot use --from: "yesterday" is neither earliest nor latest');
  assertStringIncludes(
    refused("--commit-interval", "0s"),
    "Cannot use --commit-interval: it must be longer than nothing",
  );
  assertStringIncludes(refused("--delivery", "once"), '"once" is not one of exactly-once, at-least-once');
  assertStringIncludes(refused("--window", "10s"), "Unknown flag --window");
});

// ------------------------------------------------------------------------------------------------- how a program ends

/** A process whose signals and errors the test sends. */
class TestProcess implements Process {
  nowMs = 0;
  now = (): number => this.nowMs;
  readonly output: string[] = [];
  readonly errors: string[] = [];
  readonly exits: number[] = [];
  /** Deadlines that are not forgotten. */
  readonly alarms: { ms: number; listener: () => void }[] = [];
  readonly #listeners = new Map<string, () => void>();
  #onUncaught: (error: unknown) => void = () => {};

  onSignal(signal: string, listener: () => void): () => void {
    this.#listeners.set(signal, listener);
    return () => this.#listeners.delete(signal);
  }

  onUncaught(listener: (error: unknown) => void): () => void {
    this.#onUncaught = listener;
    return () => {};
  }

  writeOutput(text: string): Promise<void> {
    this.output.push(text);
    return Promise.resolve();
  }

  writeErrorLine(line: string): void {
    this.errors.push(line);
  }

  after(ms: number, listener: () => void): () => void {
    const alarm = { ms, listener };
    this.alarms.push(alarm);
    return () => this.alarms.splice(this.alarms.indexOf(alarm), 1);
  }

  exit(code: number): void {
    this.exits.push(code);
  }

  send(signal: string): void {
    this.#listeners.get(signal)?.();
  }

  failUncaught(error: unknown): void {
    this.#onUncaught(error);
  }
}

async function runAndFail(error: unknown): Promise<TestProcess> {
  const process = new TestProcess();
  await runMain(() => Promise.reject(error), process);
  return process;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
}

Deno.test("runMain() exits with 0 when the program has finished", async () => {
  const process = new TestProcess();
  await runMain(() => Promise.resolve(), process);
  assertEquals(process.exits, [0]);
});

Deno.test("runMain() lets Ctrl-C abort the signal and exits with 130 after a clean end", async () => {
  const process = new TestProcess();
  let reason: unknown;
  const ended = runMain(async (signal) => {
    await aborted(signal);
    reason = signal.reason;
  }, process);
  process.send("SIGINT");
  await ended;
  assertEquals(String(reason), "Interrupted: Interrupted by SIGINT");
  assertEquals([process.exits, process.errors], [[130], []]);
});

Deno.test("runMain() exits at once at the second Ctrl-C", async () => {
  const process = new TestProcess();
  const ended = runMain(aborted, process);
  process.send("SIGTERM");
  assertEquals(process.exits, []);
  await ended;

  const stuck = new TestProcess();
  void runMain(() => new Promise(() => {}), stuck);
  stuck.send("SIGINT");
  assertEquals(stuck.exits, []);
  // The task runner hands the same keystroke on.
  stuck.nowMs += 50;
  stuck.send("SIGINT");
  assertEquals(stuck.exits, []);
  stuck.nowMs += 500;
  stuck.send("SIGINT");
  assertEquals(stuck.exits, [130]);
});

Deno.test("runMain() gives a program 10 s to stop, then says so and exits with 1", () => {
  const process = new TestProcess();
  void runMain(() => new Promise(() => {}), process);
  assertEquals(process.alarms, []);
  process.send("SIGTERM");
  process.send("SIGTERM");
  assertEquals([process.alarms.map(({ ms }) => ms), process.exits], [[10_000], []]);
  process.alarms[0]!.listener();
  assertEquals([process.errors, process.exits], [
    ["error: Cannot stop within 10 s: what was begun does not come to its end"],
    [1],
  ]);
});

Deno.test("runMain() forgets the deadline when the program has stopped", async () => {
  const process = new TestProcess();
  const ended = runMain(aborted, process);
  process.send("SIGINT");
  assertEquals(process.alarms.length, 1);
  await ended;
  assertEquals(process.alarms, []);
});

Deno.test("runMain() exits with 0 after SIGTERM and a clean end", async () => {
  const process = new TestProcess();
  const ended = runMain(aborted, process);
  process.send("SIGTERM");
  await ended;
  assertEquals(process.exits, [0]);
});

Deno.test("runMain() takes the signal's reason for a clean end, however it is wrapped", async () => {
  const process = new TestProcess();
  const ended = runMain(async (signal) => {
    await aborted(signal);
    throw new Error("Cannot go on", { cause: signal.reason });
  }, process);
  process.send("SIGINT");
  await ended;
  assertEquals([process.exits, process.errors], [[130], []]);
});

Deno.test("runMain() prints a failure that comes after Ctrl-C", async () => {
  const process = new TestProcess();
  const ended = runMain(async (signal) => {
    await aborted(signal);
    throw Object.assign(new Error("Cannot commit"), { code: "JOB_REFUSED" });
  }, process);
  process.send("SIGINT");
  await ended;
  assertEquals([process.exits, process.errors], [[1], ["error: Cannot commit"]]);
});

Deno.test("runMain() prints help to standard output and exits with 0", async () => {
  const process = await runAndFail(new HelpRequested("Usage: …"));
  assertEquals([process.output, process.errors, process.exits], [["Usage: …\n"], [], [0]]);
});

Deno.test("runMain() exits with 2 for wrong usage, in one sentence", async () => {
  const process = await runAndFail(new UsageError("Unknown flag --x"));
  assertEquals([process.errors, process.exits], [["error: Unknown flag --x"], [2]]);
});

Deno.test("runMain() prints an expected error without its stack, and its cause if that is news", async () => {
  const cause = new Error("connection refused");
  const complete = Object.assign(new Error("No broker: connection refused", { cause }), { code: "JOB_REFUSED" });
  const news = Object.assign(new Error("No broker", { cause }), { code: "JOB_REFUSED" });
  assertEquals((await runAndFail(complete)).errors, ["error: No broker: connection refused"]);
  assertEquals((await runAndFail(news)).errors, ["error: No broker (connection refused)"]);
  assertEquals((await runAndFail(news)).exits, [1]);
});

Deno.test("runMain() prints any other error with its stack and its causes", async () => {
  const process = await runAndFail(new Error("Operator failed", { cause: new TypeError("x is not a function") }));
  const [text] = process.errors;
  assert(text?.startsWith("error: Operator failed\n    at "), text);
  assertStringIncludes(text, "TypeError: x is not a function");
  assertEquals(process.exits, [1]);
});

Deno.test("runMain() ends quietly when nobody reads its output any more", async () => {
  const process = await runAndFail(new Error("Operator failed", { cause: new Deno.errors.BrokenPipe("Broken pipe") }));
  assertEquals([process.errors, process.exits], [[], [0]]);
});

Deno.test("runMain() fails with an error that no one awaited", () => {
  const process = new TestProcess();
  void runMain(() => new Promise(() => {}), process);
  process.failUncaught(Object.assign(new Error("Lost"), { code: "JOB_REFUSED" }));
  assertEquals([process.errors, process.exits], [["error: Lost"], [1]]);
});

Deno.test("describeError() names the permission that is missing", () => {
  const denied = new Deno.errors.NotCapable('Requires read access to ".broker", run again with the --allow-read flag');
  assertEquals(
    describeError(new Error("Cannot open", { cause: denied })),
    'Deno denied read access to ".broker": add --allow-read, or start it with "deno task", which allows what it needs',
  );
});
