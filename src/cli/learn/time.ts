/**
 * `deno task learn time`: what event time does, drawn step by step: records as they come and their times, the watermark, windows
 * that open and fire, late records. A real job runs for it, in memory, with a clock that is moved by hand.
 */
import { SYSTEM_CLOCK } from "../../engine/mod.ts";
import {
  type Flags,
  type FlagValues,
  formatCount,
  parseDuration,
  parseFlags,
  parsePositiveDuration,
  UsageError,
  wholeNumber,
  writeOutput,
} from "../../utils.ts";
import { argumentsOf, ROOT } from "../../utils/task.ts";
import { readKeys } from "../screen/keys.ts";
import { LiveView } from "../screen/live_view.ts";
import { findCommand } from "../tool.ts";
import { DEFAULT_SETTINGS, type JobSettings } from "./time/event_time_job.ts";
import { readRecords } from "./time/records.ts";
import { SCENARIOS } from "./time/scenarios.ts";
import { type Scene, TimeView } from "./time/time_view.ts";

const FLAGS = {
  records: { short: "r", value: "FILE", help: "your own records, - for standard input; one a line, as above" },
  topic: { short: "t", value: "TOPIC", help: "records of a topic, in the order in which a job takes them" },
  last: { value: "N", default: "50", parse: wholeNumber({ min: 1 }), help: "with --topic: the last N records of it" },
  key: {
    short: "k",
    value: "FIELD",
    help: "the field by which records are counted (default: key, who, name, user or id)",
  },
  timeField: {
    name: "time-field",
    value: "FIELD",
    help: "the field with the time (default: time, timestamp, ts, at …)",
  },
  outOfOrdernessMs: {
    name: "out-of-orderness",
    value: "DURATION",
    parse: parseDuration,
    help: "how far the watermark stays behind the newest time",
  },
  windowMs: { name: "window", value: "DURATION", parse: parsePositiveDuration, help: "length of the windows" },
  allowedLatenessMs: {
    name: "allowed-lateness",
    value: "DURATION",
    parse: parseDuration,
    help: "for how long windows that have fired take records",
  },
  idleMs: {
    name: "idleness",
    value: "DURATION",
    parse: parsePositiveDuration,
    help: "after how long a silent partition is not waited for",
  },
  partitions: { short: "p", value: "N", parse: wholeNumber({ min: 1 }), help: "how many partitions there are" },
  bounded: { short: "e", help: "the input ends behind the last record: all windows fire" },
  step: { value: "N|last", parse: parseStep, help: "print this step only, without a screen" },
} as const satisfies Flags;

const COMMAND_LINE = {
  command: "deno task learn time",
  positionals: ["[SCENARIO]"],
  describe:
    `Draws what event time does, step by step: records as they come and their times, the watermark, windows that open and
fire, late records. A real job runs for it, in memory. Without a terminal all steps are printed, one below the other.

Scenarios: ${SCENARIOS.map(({ name }) => name).join(", ")}. Keys: → and ← step, space plays, tab goes to the
next scenario, o raises the out-of-orderness and O lowers it; so do w and W, l and L, i and I with window, lateness, idleness.

Lines of --records: "12:00:05 anna" or "12:00:05 anna 1" with a partition, "wait 30s" where nothing comes for a while, or
a JSON object with a time: {"time":"2026-03-01T12:00:05Z","key":"anna"}; or what "deno task topics read --json" prints.`,
};

/** More cannot be stepped through by a person. */
const MOST_RECORDS = 2_000;
/** Between two steps of what goes by itself. */
const PLAY_MS = 900;
const PLAIN_COLUMNS = 100;

type Options = FlagValues<typeof FLAGS>;

/**
 * Shows event time: on a terminal as a screen with keys, else as plain text.
 * @throws {UsageError} for a command line or records that cannot be used
 * @throws {HelpRequested} for `--help`
 */
export async function showTime(signal: AbortSignal, args: readonly string[]): Promise<void> {
  const options = parseFlags(args, FLAGS, COMMAND_LINE);
  const { scenes, first } = await scenesOf(options, options._[0], signal);
  const view = await new TimeView(scenes, first).open();
  const isTerminal = Deno.stdout.isTerminal() && Deno.stdin.isTerminal();
  if (options.step === undefined && isTerminal) return await showScreen(view, signal);
  const steps = options.step === undefined
    ? view.run.frames.keys()
    : [options.step === "last" ? view.last : Math.min(options.step, view.last)];
  for (const step of steps) {
    if (signal.aborted) return;
    await writeOutput(`${view.plainLines(step, PLAIN_COLUMNS).join("\n")}\n\n`);
  }
}

async function showScreen(view: TimeView, signal: AbortSignal): Promise<void> {
  using screen = new LiveView((size) => view.lines(size));
  const quit = new AbortController();
  const over = AbortSignal.any([signal, quit.signal]);
  const playing = (async () => {
    while (!over.aborted) {
      await SYSTEM_CLOCK.sleep(PLAY_MS, over);
      view.play();
    }
  })();
  for await (const key of readKeys(over)) {
    if (!await view.press(key)) break;
    screen.draw();
  }
  quit.abort();
  await playing;
}

/** What is to be seen, and with which of it to begin. */
async function scenesOf(
  options: Options,
  scenario: string | undefined,
  signal: AbortSignal,
): Promise<{ readonly scenes: readonly Scene[]; readonly first: number }> {
  const sources = [scenario, options.records, options.topic].filter((each) => each !== undefined);
  if (sources.length > 1) throw new UsageError("Choose one of a scenario, --records and --topic");
  const { records, topic, last } = options;
  if (records !== undefined) {
    const text = records === "-" ? await new Response(Deno.stdin.readable).text() : await textOf(records);
    const from = records === "-" ? "standard input" : records;
    return { scenes: [sceneOf(text, { from, title: `Records of ${from}` }, options)], first: 0 };
  }
  if (topic !== undefined) {
    const text = await readTopic(topic, last, signal);
    const title = `The last records of "${topic}", as a job takes them`;
    return { scenes: [sceneOf(text, { from: `topic "${topic}"`, title }, options)], first: 0 };
  }
  const byName = Object.fromEntries(SCENARIOS.map((each, index) => [each.name, index]));
  return {
    first: scenario === undefined ? 0 : findCommand(byName, scenario, "scenario"),
    scenes: SCENARIOS.map(({ title, arrivals, settings }) => ({
      title,
      arrivals,
      settings: { ...DEFAULT_SETTINGS, ...settings, ...given(options) },
    })),
  };
}

function sceneOf(
  text: string,
  { from, title }: { readonly from: string; readonly title: string },
  options: Options,
): Scene {
  const { partitions, key: keyField, timeField } = options;
  const found = readRecords(text, { from, partitions, keyField, timeField });
  if (found.arrivals.length > MOST_RECORDS) {
    throw new UsageError(
      `Cannot draw ${formatCount(found.arrivals.length)} records of ${from}: at most ${formatCount(MOST_RECORDS)}`,
    );
  }
  const arrive: JobSettings["arrive"] = found.areOfTopic ? "catch-up" : "live";
  const settings = { ...DEFAULT_SETTINGS, arrive, ...given(options), partitions: found.partitions };
  return { title, arrivals: found.arrivals, settings };
}

/** The settings that the command line has. */
function given(options: Options): Partial<JobSettings> {
  const { outOfOrdernessMs, windowMs, allowedLatenessMs, idleMs, partitions, bounded } = options;
  const settings = { outOfOrdernessMs, windowMs, allowedLatenessMs, idleMs, partitions, ...bounded && { bounded } };
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}

async function textOf(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new UsageError(`Cannot read ${path}: there is no such file`);
    if (!(error instanceof Deno.errors.NotCapable)) throw error;
    throw new UsageError(
      `Cannot read ${path}: deno task learn may read in its own folder only; deno task learn time --records - < ${path} will do`,
    );
  }
}

/** The last records of a topic as lines, read by the program that has the permissions for a broker. */
async function readTopic(topic: string, last: number, signal: AbortSignal): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...argumentsOf("topics"), "read", topic, "--last", `${last}`, "--json"],
    cwd: ROOT,
    stdin: "null",
    signal,
  }).output();
  signal.throwIfAborted();
  if (success) return new TextDecoder().decode(stdout);
  const said = new TextDecoder().decode(stderr).trim().split("\n").at(-1) ?? "";
  throw new UsageError(said.replace(/^error: /, "") || `Cannot read topic "${topic}"`);
}

function parseStep(text: string): number | "last" {
  return text === "last" ? text : wholeNumber({ min: 0 })(text);
}
