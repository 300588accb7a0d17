/** Jobs that ask something outside about each record. */
import { AsyncDataStream, AsyncRetryStrategies, TumblingEventTimeWindows } from "../../src/engine/mod.ts";
import { type Job, OUT, type Reading, readings, source } from "./stage_jobs.ts";

/** Answers after some turns, each record after another number of them: for some records only when asked again, for some never. */
function service(): (value: Reading) => Promise<readonly string[]> {
  const asked = new Set<string>();
  return async ({ sensor, level }) => {
    for (let i = 0; i < (level * 7) % 13; i++) await Promise.resolve();
    if (level === 3) return await new Promise(() => {});
    if (level % 10 === 7 && !asked.has(`${sensor} ${level}`)) {
      asked.add(`${sensor} ${level}`);
      throw new Error("busy");
    }
    if (level % 10 === 9) throw new TypeError(`${level} is nobody's`);
    return level % 4 === 0 ? [] : [`${sensor} ${level}`, `${sensor} again ${level}`];
  };
}

const OPTIONS = {
  timeoutMs: 400,
  capacity: 5,
  retry: AsyncRetryStrategies.fixedDelay<string>(2, 1, { ifException: (error) => (error as Error).message === "busy" }),
  onTimeout: ({ sensor, level }: Reading) => [`${sensor} no answer for ${level}`],
};

export const ASYNC_JOBS: Readonly<Record<string, Job>> = {
  "ordered calls in front of windows": {
    define: (env, broker) => {
      const answers = AsyncDataStream.orderedWait(source(env, broker), service(), OPTIONS).name("ask");
      answers.map((text) => ({ sensor: text.slice(0, 2), texts: [text] })).name("read").keyBy(({ sensor }) => sensor)
        .window(TumblingEventTimeWindows.of(10_000))
        .reduce((a, b) => ({ sensor: a.sensor, texts: [...a.texts, ...b.texts].sort() })).name("collect")
        .sinkTo(broker.sink(OUT)).name("out");
    },
    inputs: readings.slice(0, 200),
    outputs: ["out", "job.dead-letters"],
    options: { maxDead: { share: 1 } },
  },
  "unordered calls behind a key": {
    define: (env, broker) => {
      const sums = source(env, broker).keyBy(({ sensor }) => sensor).window(TumblingEventTimeWindows.of(2_000)).maxBy(
        "level",
      )
        .name("highest");
      AsyncDataStream.unorderedWait(sums, service(), OPTIONS).name("ask").sinkTo(broker.sink(OUT)).name("out");
    },
    inputs: readings.slice(0, 200),
    outputs: ["out", "job.dead-letters"],
    options: { maxDead: { share: 1 } },
  },
};
