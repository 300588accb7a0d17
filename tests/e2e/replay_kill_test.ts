/**
 * kill -9 in the middle of `deno task dead-letters JOB replay`: each letter is replayed once, whenever that happens. TEST_KILLS
 * says how many kills come at random instants.
 */
import { assert, assertEquals } from "@std/assert";
import { chanceOf } from "../../chaos/chance.ts";
import { type Broker, deadLetterTopic } from "../../src/connectors/broker.ts";
import { openJobSession } from "../../src/connectors/job_store.ts";
import { openBroker } from "../../src/connectors/mod.ts";
import { SILENT } from "../../src/engine/mod.ts";
import { brokerSettings } from "../../src/utils.ts";
import { readAll } from "../connectors/contract/reading.ts";
import { forEachBroker, mayRunPrograms, type Program, start, startFile, succeed, type TestBroker } from "./programs.ts";

const kills = Number(mayRunPrograms() ? Deno.env.get("TEST_KILLS") ?? 4 : 0);
/** Four transactions of it. */
const LETTERS = 2_000;
const PARTITIONS = 2;
/** Replays that go on at the same time: on Kafka they mostly wait. */
const AT_ONCE = 3;
const START_MS = Date.UTC(2026, 0, 1);
const STEPWISE = new URL("stepwise_replay.ts", import.meta.url);

const encoder = new TextEncoder();
const decoder = new TextDecoder();

forEachBroker(
  `a replay of dead letters that is killed at ${kills} random instants puts back each letter once`,
  async (broker) => {
    const chance = chanceOf(7);
    const tookMs = await withLetters(broker, async (letters) => {
      const startedMs = performance.now();
      await succeed(broker, "dead-letters", [letters.job, "replay", "--yes"]);
      await letters.assertReplayedOnce();
      return performance.now() - startedMs;
    });
    for (let killed = 0, between = 0; killed < kills || between === 0;) {
      assert(killed < 10 * kills + 10, "no kill hit between two transactions");
      await withLetters(broker, async (letters) => {
        let before = 0;
        while (before < LETTERS && killed < 10 * kills + 10) {
          await using replay = start(broker, "dead-letters", [letters.job, "replay", "--yes"]);
          // Any instant; and, as most of the time goes by before the first transaction, one soon after it.
          if (chance() < 0.5) await pause(chance() * tookMs);
          else await letters.untilMoreThan(before, replay);
          await pause(chance() * 5);
          if (!await isKilled(replay)) break;
          const now = await letters.replayed();
          killed++;
          if (now > before && now < LETTERS) between++;
          before = now;
        }
        await succeed(broker, "dead-letters", [letters.job, "replay", "--yes"]);
        await letters.assertReplayedOnce();
      });
    }
  },
);

forEachBroker(
  "a replay of dead letters that is killed at any of its steps puts back each letter once",
  async (broker) => {
    const steps = await withLetters(broker, async (letters) => {
      await using replay = startFile(broker, STEPWISE, "dead-letters", ["-", letters.job, "replay", "--yes"]);
      const { code, stdout, stderr } = await replay.ended;
      assertEquals(code, 0, stderr);
      await letters.assertReplayedOnce();
      return stdout.trimEnd().split("\n");
    });
    assertEquals(steps.filter((step) => /^send/.test(step)).length, 8, `four transactions: ${steps}`);
    // What only reads, and reads again, differs from run to run.
    const decisive = steps.filter((step) => /^(producer|send|close) /.test(step) || step === "fetch 1: done");
    const work = async () => {
      for (let step = decisive.shift(); step !== undefined; step = decisive.shift()) await killAt(broker, step);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  },
);

/** One replay that dies at `step`, and one that does the rest. */
async function killAt(broker: TestBroker, step: string): Promise<void> {
  await withLetters(broker, async (letters) => {
    await using replay = startFile(broker, STEPWISE, "dead-letters", [step, letters.job, "replay", "--yes"]);
    await replay.prints(new RegExp(`^${step}$`, "m"), 60_000);
    assert(await isKilled(replay), `it had ended before it was killed at "${step}":\n${replay.stderr}`);
    const sent = Number(/^send (\d): done/.exec(step)?.[1] ?? (Number(/^send (\d)/.exec(step)?.[1] ?? 1) - 1));
    if (!step.startsWith("close")) assertEquals(await letters.replayed(), sent * LETTERS / 4, step);
    await succeed(broker, "dead-letters", [letters.job, "replay", "--yes"]);
    await letters.assertReplayedOnce();
  });
}

/** Dead letters of a job of its own, from a topic of its own. */
class DeadLetters implements AsyncDisposable {
  readonly job: string;
  readonly #port: Broker;
  readonly #topic: string;

  private constructor(port: Broker, job: string, topic: string) {
    this.#port = port;
    this.job = job;
    this.#topic = topic;
  }

  /** A job that has died at all of its records. */
  static async write(port: Broker): Promise<DeadLetters> {
    const place = `replay-kill-${crypto.randomUUID().slice(0, 6)}`;
    const letters = new DeadLetters(port, `${place}.job`, `${place}.in`);
    await port.createTopics([{ name: letters.#topic, partitions: PARTITIONS }]);
    const session = await openJobSession(port, {
      job: letters.job,
      topics: [letters.#topic],
      exactlyOnce: true,
      sessionTimeoutMs: 10_000,
      whenActive: "refuse",
      onStandby: () => {},
      signal: new AbortController().signal,
    });
    for (let i = 0; i < LETTERS; i++) {
      const timestampMs = START_MS + i;
      const origin = {
        topic: letters.#topic,
        partition: i % PARTITIONS,
        offset: i,
        timestampMs,
        key: encoder.encode(`key ${i}`),
        value: encoder.encode(`value ${i}`),
        headers: undefined,
      };
      const died = { operator: "in", errorClass: "TypeError", message: "it fails", attempt: 1 };
      session.deadLetter({ origin, timestampMs, ...died });
    }
    await session.commit({ changes: [['["job"]', "{}"]], positions: [] });
    await session.close();
    return letters;
  }

  /** Records that are in the topic again. */
  async replayed(): Promise<number> {
    return (await readAll(this.#port, this.#topic)).flat().length;
  }

  /** Waits until there are more than `before`, or the program has ended. */
  async untilMoreThan(before: number, program: Program): Promise<void> {
    const end = async () => {
      const [description] = await this.#port.describeTopics([this.#topic]);
      return description!.endOffsets.reduce((sum, end) => sum + end, 0);
    };
    const first = await end();
    while (!program.over && (before === 0 ? await end() === 0 : await end() === first)) await pause(1);
  }

  /** All are back, once, as they were; no letter is open. */
  async assertReplayedOnce(): Promise<void> {
    const found = (await readAll(this.#port, this.#topic)).flatMap((records, partition) =>
      records.map(({ key, value, timestampMs, headers }) => {
        const { id } = JSON.parse(decoder.decode(new Map(headers).get("dead-letter.replayed")!)) as { id: number };
        return `${partition} ${timestampMs} ${decoder.decode(key!)} ${decoder.decode(value!)} ${id}`;
      })
    );
    const ids = await this.#ids();
    const expected = Array.from({ length: LETTERS }, (_, i) => {
      return `${i % PARTITIONS} ${START_MS + i} key ${i} value ${i} ${ids[i]}`;
    });
    assertEquals(found.length, LETTERS);
    assertEquals(found.toSorted(), expected.sort());
    // Only the marks of what was replayed have come to the letters, each letter in one of them.
    const marked = (await readAll(this.#port, deadLetterTopic(this.job))).flat().flatMap(({ headers }) => {
      const ids = new Map(headers).get("dead-letter.ids") ?? null;
      return ids === null ? [] : decoder.decode(ids).split(",").map(Number);
    });
    assertEquals(marked.toSorted((a, b) => a - b), ids);
  }

  async #ids(): Promise<number[]> {
    const letters = (await readAll(this.#port, deadLetterTopic(this.job))).flat();
    return letters.filter(({ headers }) => headers?.some(([name]) => name === "dead-letter.error-class")).map((
      { offset },
    ) => offset);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#port.dropJob(this.job);
    await this.#port.deleteTopics([this.#topic]);
  }
}

async function withLetters<R>(broker: TestBroker, body: (letters: DeadLetters) => Promise<R>): Promise<R> {
  const settings = brokerSettings({ get: (name) => broker.env[name] });
  await using open = await openBroker({ settings, logger: SILENT });
  await using letters = await DeadLetters.write(open.port);
  return await body(letters);
}

/** Kills it; false if it had ended by then. */
async function isKilled(program: Program): Promise<boolean> {
  try {
    program.kill("SIGKILL");
  } catch (error) {
    // It has ended by itself, as its status shows.
    if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error;
  }
  const { signal, code, stderr } = await program.ended;
  if (signal !== "SIGKILL") assertEquals(code, 0, stderr);
  return signal === "SIGKILL";
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
