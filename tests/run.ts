/**
 * Runs all tests, `deno task test`: starts a real Kafka for those that want one, where Java and Maven are at hand, and says
 * so where they are not. Arguments go to `deno test`. REQUIRE_KAFKA=1 makes a missing Kafka a failure; with REQUIRE_FLINK=1 a Flink
 * cluster is started, too, for the tests that run on one, with REQUIRE_FLINK=all also for those that take minutes.
 */
import { stripVTControlCharacters } from "node:util";
import { startCluster, stopCluster } from "../src/cli/flink/cluster.ts";
import { TEST_CLUSTER } from "./flink/live.ts";
import { kafkaPrerequisites, type RunningKafka, startKafka } from "../src/cli/kafka.ts";

/** A test that leaves a timer, a socket or a file behind fails. Deno does not look by itself. */
const SANITIZERS = ["--sanitize-ops", "--sanitize-resources"];
const PERMISSIONS = ["net", "env", "read", "write", "run", "sys"].map((name) => `--allow-${name}`);

async function main(): Promise<number> {
  if (Deno.env.get("REQUIRE_FLINK") === undefined) return await withKafka();
  const { address } = await startCluster(TEST_CLUSTER);
  try {
    Deno.env.set("FLINK_REST", address);
    return await withKafka();
  } finally {
    await stopCluster(TEST_CLUSTER);
  }
}

async function withKafka(): Promise<number> {
  const servers = Deno.env.get("TEST_BOOTSTRAP_SERVERS");
  if (servers !== undefined) return await test(servers);
  const missing = await kafkaPrerequisites();
  if (missing !== undefined) {
    say(`The tests against a real Kafka are skipped: ${missing}`);
    return Deno.env.get("REQUIRE_KAFKA") === undefined ? await test(undefined) : 1;
  }
  const kafka: RunningKafka = await startKafka();
  try {
    return await test(kafka.bootstrapServers);
  } finally {
    await kafka.stop();
  }
}

/**
 * Without arguments in two halves at the same time: those that run whole programs mostly wait for them.
 * @returns the exit code
 */
async function test(bootstrapServers: string | undefined): Promise<number> {
  if (Deno.args.length > 0) {
    const { code, counts } = await half(Deno.args, bootstrapServers, true);
    say(format(counts));
    return code;
  }
  const programs = half(["tests/e2e"], bootstrapServers, false);
  const rest = await half(["--ignore=tests/e2e"], bootstrapServers, true);
  const { code, counts, failures, output } = await programs;
  await writeAll(output);
  // Once more at the very end: the first half's have scrolled far away, and a log that is cut keeps its end.
  for (const text of [rest.failures, failures]) if (text !== "") say(`\n${text}\n`);
  say(format(rest.counts.map((count, i) => count + counts[i]!)));
  return rest.code || code;
}

interface Half {
  readonly code: number;
  /** Passed, failed, skipped. */
  readonly counts: readonly number[];
  /** The errors and names of the tests that failed, empty if there are no such. */
  readonly failures: string;
  /** What is still to be shown. */
  readonly output: Uint8Array;
}

async function half(args: readonly string[], bootstrapServers: string | undefined, shown: boolean): Promise<Half> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["test", "--no-prompt", "--no-check", "--doc", ...SANITIZERS, ...PERMISSIONS, ...args],
    env: bootstrapServers === undefined ? {} : { TEST_BOOTSTRAP_SERVERS: bootstrapServers },
    stdin: "null",
    stdout: "piped",
    stderr: shown ? "inherit" : "piped",
  }).spawn();
  const [output, errors] = await Promise.all([
    readAll(child.stdout, shown),
    shown ? new Uint8Array() : readAll(child.stderr, false),
  ]);
  const { code } = await child.status;
  const all = new Uint8Array([...output, ...errors]);
  const text = stripVTControlCharacters(new TextDecoder().decode(output));
  return { code, counts: countsIn(text), failures: failuresIn(text), output: shown ? new Uint8Array() : all };
}

async function readAll(stream: ReadableStream<Uint8Array>, shown: boolean): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) {
    if (shown) await writeAll(chunk);
    chunks.push(chunk);
  }
  return new Uint8Array(await new Blob(chunks as BlobPart[]).arrayBuffer());
}

async function writeAll(bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length;) written += await Deno.stdout.write(bytes.subarray(written));
}

/** What deno prints from its headline of the errors to its last line. */
function failuresIn(output: string): string {
  const start = output.search(/^\s*ERRORS\s*$/m);
  return start === -1 ? "" : output.slice(start).trim();
}

/** Passed, failed and skipped of deno's last line; one failed if there is none. */
function countsIn(output: string): number[] {
  const [, ...counts] = [...output.matchAll(/(\d+) passed.*?\| (\d+) failed(?:.*?\| (\d+) ignored)?/g)].at(-1) ??
    ["", "0", "1"];
  return [0, 1, 2].map((i) => Number(counts[i] ?? 0));
}

/** `57 passed, 0 failed, 3 skipped` */
function format([passed, failed, skipped]: readonly number[]): string {
  return `${passed} passed, ${failed} failed${skipped === 0 ? "" : `, ${skipped} skipped`}`;
}

function say(line: string): void {
  // deno-lint-ignore no-console -- a program's words
  console.log(line);
}

Deno.exit(await main());
