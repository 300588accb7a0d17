/// <reference lib="deno.worker" />
/** Answers one question of bench.ts. */
import type { Job } from "./bench.ts";
import { bareS16, bareS20 } from "./bare_loop.ts";
import { bookingTopics, flightTopics, NOW_MS } from "./data.ts";
import { engineS16, engineS20 } from "./in_memory.ts";
import { overEmbedded, overKafka } from "./over_broker.ts";

interface Question {
  readonly job: Job;
  readonly records: number;
  readonly rounds: number;
}

/** Rates of each round, records per second. Throws if the two do not write the same. */
async function inMemory({ job, records, rounds }: Question): Promise<{ bareLoop: number[]; engine: number[] }> {
  const topics = job === "s16" ? bookingTopics(records) : flightTopics(records);
  const bare = () => job === "s16" ? bareS16(topics, NOW_MS) : bareS20(topics);
  const engine = () => job === "s16" ? engineS16(topics, NOW_MS) : engineS20(topics);
  const rates = { bareLoop: [] as number[], engine: [] as number[] };
  // The first round warms both up.
  for (let round = 0; round <= rounds; round++) {
    const [bareSeconds, expected] = await timed(bare);
    const [engineSeconds, written] = await timed(engine);
    if (JSON.stringify(written) !== JSON.stringify(expected)) {
      throw new Error(`${job}: the engine wrote ${JSON.stringify(written)}, the bare loop ${JSON.stringify(expected)}`);
    }
    if (round === 0) continue;
    rates.bareLoop.push(records / bareSeconds);
    rates.engine.push(records / engineSeconds);
  }
  return rates;
}

async function timed<R>(work: () => R | Promise<R>): Promise<[seconds: number, result: R]> {
  const start = performance.now();
  const result = await work();
  return [(performance.now() - start) / 1000, result];
}

const answers = {
  in_memory: inMemory,
  embedded: ({ job, records, rounds }: Question) => overEmbedded(job, records, rounds),
  kafka: ({ job, records, rounds }: Question) => overKafka(job, records, rounds),
};

self.onmessage = async ({ data }: MessageEvent<{ kind: keyof typeof answers; question: Question }>) => {
  try {
    self.postMessage({ result: await answers[data.kind](data.question) });
  } catch (error) {
    self.postMessage({ error: error instanceof Error ? `${error.stack}` : String(error) });
  }
};
