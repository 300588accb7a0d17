/**
 * Edits a job while `deno task dev` runs it: a copy of lesson 20, with topics of its own, is saved again and again while flights
 * come in. What it has written in the end is compared with a plain computation.
 */
import type { Broker, BrokerRecord } from "../../src/connectors/broker.ts";
import { argumentsOf, ROOT } from "../../src/utils/task.ts";
import { SYSTEM_CLOCK } from "../../src/engine/mod.ts";
import { jsonRecord } from "../../src/gen/json_record.ts";
import { FLIGHTDATA, flightFromSkyone } from "../../src/models.ts";
import { bookings } from "../../src/s05_data_gen.ts";
import { ChaosError } from "../chaos_error.ts";
import { dropJob } from "../drop_job.ts";
import { TopicReader } from "../evidence.ts";
import { expectedStatistics, type Line } from "../oracle.ts";
import { DevProgram } from "./dev_program.ts";
import { type Changes, type CopyPlace, type Edit, EDITS, settingsOfCopy, UNCHANGED, versionOf } from "./versions.ts";

const PARTITIONS = 3;
const WINDOW_MS = 5_000;
const FEED_EVERY_MS = 50;
/** Event time between two flights. */
const STEP_MS = 50;
/** Flights that come at a time. */
const FEED_FLIGHTS = 5;
const START_MS = Date.UTC(2026, 0, 1);
const SESSION_TIMEOUT_MS = 10_000;

/** How often, and at which broker. */
export interface EditsOptions {
  readonly port: Broker;
  /** Names the broker; added to the environment of this process. */
  readonly env: Readonly<Record<string, string>>;
  readonly edits: number;
  readonly signal: AbortSignal;
  /** Called after each edit. */
  readonly onEdit?: (made: MadeEdit) => void;
}

/** An edit, and how long it took until it was reported, ms. */
export interface MadeEdit {
  readonly number: number;
  readonly name: string;
  readonly fits: boolean;
  readonly tookMs: number;
}

/** What came of all edits. */
export interface EditsResult {
  readonly made: readonly MadeEdit[];
  /** Flights that came in meanwhile. */
  readonly flights: number;
  /** Results that are missing, or were written too often. */
  readonly lost: number;
  readonly doubled: number;
  /** Travellers whose results are all there, in another order. */
  readonly moved: number;
}

/**
 * Makes edits, one after the other, each when the one before has been reported; some as a burst of saves.
 * @throws {ChaosError} if an edit is not reported as it must be
 */
export async function runEdits({ port, env, edits, signal, onEdit }: EditsOptions): Promise<EditsResult> {
  const job = `edits-${Date.now().toString(36)}-${Deno.pid}`;
  const place: CopyPlace = { job, input: `${job}.flightdata`, output: `${job}.userstatistics` };
  const dir = await Deno.makeTempDir({ prefix: "edits-" });
  const file = `${dir}/job.ts`;
  await port.createTopics([place.input, place.output].map((name) => ({ name, partitions: PARTITIONS })));
  try {
    await Deno.writeTextFile(`${dir}/deno.json`, await settingsOfCopy());
    let changes = UNCHANGED;
    await Deno.writeTextFile(file, await versionOf(changes, place));
    const feeding = new AbortController();
    const fed = feed(port, place.input, AbortSignal.any([signal, feeding.signal]));
    const made: MadeEdit[] = [];
    try {
      await using dev = new DevProgram([...argumentsOf("dev"), file, ...JOB_FLAGS], env, signal);
      await dev.reports(`dev: ${job} runs`, 0);
      for (let number = 1; number <= edits; number++) {
        const edit = EDITS[(number - 1) % EDITS.length]!;
        const next = edit.changes(changes, number);
        const startedMs = performance.now();
        const before = dev.said.length;
        await save({ file, place, edit, number, before: changes, next });
        await dev.reports(edit.report(number), before);
        if (edit.breaks === undefined) await dev.reports(`dev: ${job} goes on in the new version`, before);
        else dev.checkOneSentence(before, { withStack: edit.fails ?? false });
        changes = next;
        const tookMs = performance.now() - startedMs;
        const each = { number, name: edit.name, fits: edit.breaks === undefined, tookMs };
        made.push(each);
        onEdit?.(each);
      }
      await dev.interrupt();
    } finally {
      feeding.abort();
      await fed;
    }
    await Deno.writeTextFile(file, await versionOf(changes, place));
    await finish(file, env);
    return { made, ...await compare(port, place) };
  } finally {
    await dropJob(port, job, SESSION_TIMEOUT_MS);
    await port.deleteTopics([place.input, place.output]);
    await Deno.remove(dir, { recursive: true });
  }
}

const JOB_FLAGS = [
  ...["--from", "earliest", "--window", `${WINDOW_MS / 1000}s`, "--commit-interval", "100ms"],
  // A function that throws ends the job.
  ...["--on-error", "fail"],
  ...["--session-timeout", `${SESSION_TIMEOUT_MS / 1000}s`],
];

/** Every third edit is a burst: versions that come in between must not be seen, or be seen and give way. */
async function save(
  { file, place, edit, number, before, next }: {
    readonly file: string;
    readonly place: CopyPlace;
    readonly edit: Edit;
    readonly number: number;
    readonly before: Changes;
    readonly next: Changes;
  },
): Promise<void> {
  const wanted = await versionOf(next, place);
  const text = edit.breaks?.(wanted, number) ?? wanted;
  if (number % 3 === 0) {
    await Deno.writeTextFile(file, "");
    await Deno.writeTextFile(file, `${await versionOf(before, place)}\n// on the way\n`);
    // As some editors do it.
    await Deno.writeTextFile(`${file}.new`, text);
    await Deno.rename(`${file}.new`, file);
  } else await Deno.writeTextFile(file, text);
}

/** Writes flights until the signal. */
async function feed(port: Broker, topic: string, signal: AbortSignal): Promise<void> {
  const producer = await port.producer();
  const source = bookings({ seed: 7, startMs: START_MS, stepMs: STEP_MS });
  while (!signal.aborted) {
    const records = Array.from({ length: FEED_FLIGHTS }, () => {
      const { skyone, timestampMs } = source.next().value;
      return jsonRecord({ ...FLIGHTDATA, name: topic }, flightFromSkyone(skyone), timestampMs);
    });
    await producer.send(records);
    await SYSTEM_CLOCK.sleep(FEED_EVERY_MS, signal);
  }
  await producer.close();
}

/** Runs the job to the end of its topic: all windows that are still open fire. */
async function finish(file: string, env: Readonly<Record<string, string>>): Promise<void> {
  const flags = argumentsOf("s20").slice(0, -1).filter((flag) => !flag.startsWith("--preload"));
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...flags, file, ...JOB_FLAGS, "--bounded"],
    env: { NO_COLOR: "1", ...env },
    cwd: ROOT,
    stdin: "null",
    stdout: "null",
  }).output();
  if (!success) throw new ChaosError(`The job did not come to its end: ${new TextDecoder().decode(stderr)}`);
}

async function compare(port: Broker, { input, output }: CopyPlace): Promise<Omit<EditsResult, "made">> {
  await using flights = await TopicReader.open(port, input, asLine);
  await using statistics = await TopicReader.open(port, output, asLine);
  await flights.readOn();
  await statistics.readOn();
  const expected = expectedStatistics(flights.partitions.flat().map((text) => JSON.parse(text)), WINDOW_MS);
  const found = Map.groupBy(
    statistics.partitions.flat().map((text): Line => JSON.parse(text)),
    ({ key }) => JSON.parse(key).email_address as string,
  );
  let [lost, doubled, moved] = [0, 0, 0];
  for (const email of new Set([...expected.keys(), ...found.keys()])) {
    const wanted = expected.get(email) ?? [];
    const written = (found.get(email) ?? []).map(({ timestamp, key, value }) => `${timestamp} ${key} ${value}`);
    lost += without(wanted, written);
    doubled += without(written, wanted);
    if (lost + doubled === 0 && written.join("\n") !== wanted.join("\n")) moved++;
  }
  return { flights: flights.records, lost, doubled, moved };
}

/** How many of `some` are not among `others`, each of which counts once. */
function without(some: readonly string[], others: readonly string[]): number {
  const left = new Map<string, number>();
  for (const each of others) left.set(each, (left.get(each) ?? 0) + 1);
  return some.filter((each) => {
    const count = left.get(each) ?? 0;
    left.set(each, count - 1);
    return count <= 0;
  }).length;
}

function asLine({ timestampMs, key, value }: BrokerRecord): string {
  const decoder = new TextDecoder();
  return JSON.stringify({ timestamp: timestampMs, key: decoder.decode(key!), value: decoder.decode(value!) });
}
