/**
 * How fast the jobs are, and what they cost: `deno task bench`. Everything is run as its user runs it, several times and
 * interleaved with what it is compared with, since one machine's rates differ from hour to hour and ratios do not; and what
 * each run wrote is compared with the plain computation.
 */
import { kafkaPrerequisites } from "../src/cli/kafka.ts";
import { runMain, UsageError, writeErrorLine, writeOutput } from "../src/utils.ts";
import { type Context, type KafkaPlace, openKafka, startOwnKafka } from "./context.ts";
import { buildPeers } from "./peer_builds.ts";
import { ProcessTree } from "./process_tree.ts";
import { benchOptions, type Question } from "./questions.ts";
import { missed, type Report, type Section, toJson, toMarkdown } from "./report.ts";
import { measureBlocks } from "./rows/blocks.ts";
import { measureEngine } from "./rows/engine.ts";
import { measureFlink } from "./rows/flink.ts";
import { measureGenerator } from "./rows/generator.ts";
import { measureGrowth } from "./rows/growth.ts";
import { measureJobs } from "./rows/jobs.ts";
import { measureLate } from "./rows/late.ts";
import { measureLatency } from "./rows/latency.ts";
import { measureMemory } from "./rows/memory.ts";
import { measurePage } from "./rows/page.ts";
import { measurePairs } from "./rows/pairs.ts";
import { measureReports } from "./rows/reports.ts";
import { measureRequests } from "./rows/requests.ts";
import { measureStart } from "./rows/start.ts";
import { measureWindows } from "./rows/windows.ts";
import { ProgramFailure } from "./running_program.ts";
import { circumstances } from "./versions.ts";

const MEASUREMENTS: Readonly<Record<Question, (context: Context) => Promise<Section[]>>> = {
  jobs: measureJobs,
  engine: measureEngine,
  start: measureStart,
  memory: measureMemory,
  latency: measureLatency,
  growth: measureGrowth,
  windows: measureWindows,
  late: measureLate,
  blocks: measureBlocks,
  gen: measureGenerator,
  reports: measureReports,
  page: measurePage,
  flink: measureFlink,
  requests: measureRequests,
  pairs: measurePairs,
};

/** These need none. */
const WITHOUT_KAFKA: readonly Question[] = ["engine", "windows", "late", "blocks", "page"];

const RESULTS = new URL("RESULTS.md", import.meta.url);

async function main(signal: AbortSignal): Promise<void> {
  const { questions, short, rounds, against, ...options } = benchOptions(Deno.args);
  const log = (line: string) => writeErrorLine(`${new Date().toTimeString().slice(0, 8)} ${line}`);

  const peers = options.peers ? await buildPeers(log) : [];
  const wantsKafka = questions.some((question) => !WITHOUT_KAFKA.includes(question));
  await using kafka = wantsKafka ? await kafkaFor(log) : undefined;
  await using tree = ProcessTree.open();
  if (tree === undefined) log("Processor time and memory are left out: there is no /proc");
  const context: Context = {
    short,
    rounds,
    against,
    kafka: kafka?.place,
    peers: kafka === undefined ? [] : peers.filter((peer) => "folder" in peer),
    tree,
    signal,
    log,
  };
  const sections: Section[] = [];
  const facts = await circumstances(kafka?.whose ?? "none", peers);
  const reportSoFar = (): Report => ({
    command: ["deno task bench", ...Deno.args].join(" "),
    date: new Date().toISOString().slice(0, 16).replace("T", " ") + " UTC",
    circumstances: facts,
    sections,
  });
  try {
    for (const question of questions) {
      signal.throwIfAborted();
      sections.push(...await measure(question, context));
      // Each as it comes: a run that is stopped after half an hour has something to show.
      if (options.write) await writeResults(reportSoFar());
    }
  } finally {
    const report = reportSoFar();
    if (sections.length > 0) await writeOutput(options.json ? toJson(report) : toMarkdown(report));
  }
  for (const line of missed(sections)) log(`not met: ${line}`);
  const failed = sections.filter(({ failures = [] }) => failures.length > 0).map(({ title }) => `"${title}"`);
  if (failed.length > 0) throw new BenchFailure(`Could not measure everything of ${failed.join(" and ")}: see above`);
}

/** A program that failed is reported in place of its figures; anything else, a wrong output of ours above all, ends the bench. */
async function measure(question: Question, context: Context): Promise<Section[]> {
  try {
    return await MEASUREMENTS[question](context);
  } catch (error) {
    context.signal.throwIfAborted();
    if (!(error instanceof ProgramFailure)) throw error;
    return [{ title: question, rows: [], notes: [], failures: [error.message] }];
  }
}

/** As `deno fmt` wants it, which a commit must pass. */
async function writeResults(report: Report): Promise<void> {
  await Deno.writeTextFile(RESULTS, `# Results\n\n${toMarkdown(report)}`);
  await new Deno.Command(Deno.execPath(), { args: ["fmt", "-q", RESULTS.pathname], stdin: "null" }).output();
}

class BenchFailure extends Error {
  readonly code = "TOOL_FAILED";
}

/** Topics that the commands use; a measurement makes them anew. */
const TOPICS = ["skyone", "sunset", "flightdata", "userstatistics"];

/** A Kafka to measure on, which is stopped afterwards if it was started for this. */
async function kafkaFor(
  log: (line: string) => void,
): Promise<({ readonly place: KafkaPlace; readonly whose: "own" | "other" } & AsyncDisposable) | undefined> {
  const servers = Deno.env.get("BOOTSTRAP_SERVERS")?.trim();
  if (servers !== undefined && servers !== "") {
    const place = await openKafka(servers);
    const existing = new Set(await place.broker.port.listTopics());
    const taken = TOPICS.filter((name) => existing.has(name));
    if (taken.length > 0) {
      await place.broker[Symbol.asyncDispose]();
      throw new UsageError(
        `Cannot measure on the Kafka at ${servers}: it has ${
          taken.join(", ")
        }, which a measurement makes anew; delete them ` +
          "with deno task topics, or unset BOOTSTRAP_SERVERS to measure on a Kafka of its own",
      );
    }
    return { place, whose: "other", [Symbol.asyncDispose]: () => place.broker[Symbol.asyncDispose]() };
  }
  const missing = await kafkaPrerequisites();
  if (missing !== undefined) {
    log(`Measurements over Kafka are left out: ${missing}`);
    return undefined;
  }
  log("starting a Kafka");
  const { place, [Symbol.asyncDispose]: stop } = await startOwnKafka();
  return { place, whose: "own", [Symbol.asyncDispose]: stop };
}

if (import.meta.main) await runMain(main);
