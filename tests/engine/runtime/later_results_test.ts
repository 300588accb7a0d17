import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { AsyncDataStream } from "../../../src/engine/api/async_data_stream.ts";
import type { DataStream } from "../../../src/engine/api/data_stream.ts";
import { OperatorError } from "../../../src/engine/errors.ts";
import type { AsyncWaitOptions } from "../../../src/engine/functions/async_function.ts";
import { AsyncRetryStrategies } from "../../../src/engine/functions/async_retry_strategies.ts";
import type { Operator, OperatorContext } from "../../../src/engine/operators/operator.ts";
import type { Output, StreamRecord } from "../../../src/engine/record.ts";
import { WatermarkStrategy } from "../../../src/engine/time/watermark_strategy.ts";
import { AsyncCalls } from "../async_calls.ts";
import { SteppedJob } from "../stepped_job.ts";
import { RetriableError } from "../../../src/engine/testing/memory_job_store.ts";
import { at, type Entry, ScriptSource } from "../script_source.ts";

type Order = "ordered" | "unordered";

/** Marks records that a window would not take any more. */
class LateMarker implements Operator<string, string> {
  #context!: OperatorContext;

  open(context: OperatorContext): void {
    this.#context = context;
  }

  processElement({ value, timestampMs }: StreamRecord<string>, output: Output<string>): void {
    output.collect(timestampMs <= this.#context.currentWatermark() ? `${value} late` : value, timestampMs);
  }
}

interface AsyncJob {
  readonly job: SteppedJob;
  readonly source: ScriptSource<string>;
  /** Those of the attempt that runs. */
  calls: AsyncCalls<string, string>;
}

/** A source, calls that the test answers, and a sink. Each look at the source takes a second and brings a record. */
function newJob(
  order: Order,
  entries: readonly Entry<string>[],
  options: Partial<AsyncWaitOptions<string, string>> = {},
  more: {
    readonly between?: (stream: DataStream<string>) => DataStream<string>;
    readonly beside?: (stream: DataStream<string>, job: SteppedJob) => void;
    readonly behind?: (text: string) => string;
    readonly onError?: "fail";
  } = {},
): AsyncJob {
  const { between = (stream) => stream, beside = () => {}, behind = (text) => text } = more;
  const source = new ScriptSource({ "s-0": entries });
  const job = new SteppedJob((env, { store }) => {
    // A process that is started again knows nothing of earlier calls.
    const calls = new AsyncCalls<string, string>();
    rig.calls = calls;
    const texts = env.fromSource(source, WatermarkStrategy.forMonotonousTimestamps<string>(), "texts");
    AsyncDataStream[`${order}Wait`](between(texts), calls.function, {
      timeoutMs: Number.POSITIVE_INFINITY,
      ...options,
    }).name("lookup").transform("late marker", () => new LateMarker()).map(behind).name("behind").sinkTo(
      store.sink("out"),
    );
    beside(texts, job);
  }, more.onError && { onError: more.onError });
  const rig: AsyncJob = { job, source, calls: new AsyncCalls() };
  source.stepwise = true;
  source.onPoll = () => job.clock.advance(1_000);
  return rig;
}

/** Runs a bounded job to its end; `answer` is called when it sleeps. */
function run({ job }: AsyncJob, answer: () => void): ReturnType<SteppedJob["run"]> {
  return job.execute({ bounded: true }, ...Array.from({ length: 1_000 }, () => answer));
}

const upper = (text: string) => text.toUpperCase();

/** The oldest call first. */
const answerFirst = (rig: AsyncJob) => () => {
  const [call] = rig.calls.open;
  if (call !== undefined) call.answer(upper(call.input));
};

const textsAt = (...times: number[]) => times.map((timestampMs) => at(timestampMs, `r${timestampMs}`));

for (const order of ["ordered", "unordered"] as const) {
  Deno.test(`JobRun waits at its end for records at work (${order})`, async () => {
    const rig = newJob(order, textsAt(1, 2, 3));
    const { end, books } = await run(rig, answerFirst(rig));

    assertEquals([end, rig.job.output], ["finished", ["R1 @1", "R2 @2", "R3 @3"]]);
    assertEquals([books.recordsIn, books.recordsOut], [3, 3]);
    assertEquals(rig.job.store.entriesOf("state"), {});
    // As without calls: the end of the run is no event time.
    assertEquals(rig.job.store.job.watermarks, { texts: 2, lookup: 2, "late marker-1": 2, behind: 2, "sink-1": 2 });
  });

  Deno.test(`JobRun takes no records while as many are at work as the capacity says (${order})`, async () => {
    let taken = 0;
    const count: Operator<string, string> = {
      processElement: ({ value, timestampMs }, output) => {
        taken++;
        output.collect(value, timestampMs);
      },
    };
    const between = (stream: DataStream<string>) => stream.transform("count", () => count);
    const rig = newJob(order, textsAt(1, 2, 3, 4, 5), { capacity: 2 }, { between });
    const atWork: number[] = [];
    await run(rig, () => {
      atWork.push(taken - rig.calls.inputs.length + rig.calls.open.length);
      answerFirst(rig)();
    });

    assertEquals(atWork, [2, 2, 2, 2, 1]);
    assertEquals(rig.job.output.length, 5);
  });

  Deno.test(`JobRun takes further records as soon as there is room, without a sleep (${order})`, async () => {
    const source = new ScriptSource({ "s-0": textsAt(1, 2, 3, 4, 5) });
    const job = new SteppedJob((env, { store }) => {
      const texts = env.fromSource(source, WatermarkStrategy.noWatermarks<string>(), "texts");
      const options = { timeoutMs: 1_000, capacity: 2 };
      AsyncDataStream[`${order}Wait`](texts, (text) => Promise.resolve([upper(text)]), options).sinkTo(
        store.sink("out"),
      );
    });
    await job.run();

    assertEquals(job.output, ["R1 @1", "R2 @2", "R3 @3", "R4 @4", "R5 @5"]);
    assertEquals(job.clock.sleeps, []);
  });

  Deno.test(`JobRun commits positions while records are at work, and asks again for those after a stop (${order})`, async () => {
    const rig = newJob(order, textsAt(1, 2, 3));
    const { job } = rig;
    const stopped = await job.execute({ bounded: true }, () => rig.calls.of("r1").answer("R1"));
    assertEquals(stopped.end, "stopped");
    assertEquals(job.store.entriesOf("split"), { '["texts","s-0"]': { position: 3, watermark: 2 } });
    assertEquals(Object.values(job.store.entriesOf("state")), [{ value: "r2", timestampMs: 2 }, {
      value: "r3",
      timestampMs: 3,
    }]);
    // Behind the calls event time has come no further than the first result that waits.
    assertEquals((job.store.job.watermarks as Record<string, number>)["late marker-1"], 0);

    await run(rig, answerFirst(rig));
    assertEquals([job.output, rig.calls.inputs], [["R1 @1", "R2 @2", "R3 @3"], ["r2", "r3"]]);
  });

  Deno.test(`JobRun wakes for the time of a call (${order})`, async () => {
    const rig = newJob(order, textsAt(1), { timeoutMs: 700, onTimeout: (input) => [`no ${input}`] });
    rig.source.onPoll = () => {};
    const slept = () => rig.job.clock.sleeps.filter((ms) => ms > 0);
    await run(rig, () => rig.job.clock.advance(slept().at(-1)!));

    assertEquals([rig.job.output, slept()], [["no r1 @1"], [700]]);
  });

  Deno.test(`JobRun wakes for the time to ask again (${order})`, async () => {
    const rig = newJob(order, textsAt(1), { retry: AsyncRetryStrategies.fixedDelay(2, 300) });
    rig.source.onPoll = () => {};
    const { job } = rig;
    let refused = 0;
    await run(rig, () => {
      if (rig.calls.open.length === 0) return job.clock.advance(job.clock.sleeps.at(-1)!);
      if (refused++ < 2) rig.calls.of("r1").refuse(new Error("busy"));
      else rig.calls.of("r1").answer("R1");
    });

    assertEquals([job.output, rig.calls.inputs.length, job.clock.now()], [["R1 @1"], 3, 1_000_600]);
  });

  Deno.test(`JobRun fails with a call, aborts the others and leaves the last commit as it is (${order})`, async () => {
    const rig = newJob(order, textsAt(1, 2), {}, { onError: "fail" });
    const signals: AbortSignal[] = [];
    const failing = () =>
      run(rig, () => {
        signals.push(...rig.calls.open.map(({ signal }) => signal));
        rig.calls.of("r1").refuse(new RangeError("no such city"));
      });
    await assertRejects(failing, OperatorError, 'Operator "lookup" failed: RangeError: no such city');

    assertEquals(signals.map(({ aborted }) => aborted), [true, true]);
    assertEquals(rig.job.output, []);
    await run(rig, answerFirst(rig));
    assertEquals(rig.job.output, ["R1 @1", "R2 @2"]);
  });

  Deno.test(`JobRun makes a dead letter of a record whose call fails, or at whose results a function throws, and goes on (${order})`, async () => {
    const behind = (text: string) => {
      if (text === "R2") throw new TypeError("no R2 here");
      return text;
    };
    const rig = newJob(order, textsAt(1, 2, 3), {}, { behind });
    await run(rig, () => {
      const [call] = rig.calls.open;
      if (call?.input === "r1") call.refuse(new RangeError("no such city"));
      else answerFirst(rig)();
    });

    assertEquals(rig.job.output, ["R3 @3"]);
    assertEquals(
      rig.job.store.letters.map(({ value, operator, errorClass }) => [value, operator, errorClass]),
      [["r1", "lookup", "RangeError"], ["r2", "behind", "TypeError"]],
    );
    assertEquals(rig.job.store.entriesOf("state"), {});
  });

  Deno.test(`JobRun asks again in the next attempt when one ends with records at work (${order})`, async () => {
    const rig = newJob(order, textsAt(1, 2, 3));
    const { store } = rig.job;
    store.afterCommit = (number) => {
      if (number % 3 === 0) throw new RetriableError("The broker is away");
    };
    await run(rig, answerFirst(rig));

    assert(store.sessions.length > 1, "too few attempts to be a test");
    assertEquals(rig.job.output, ["R1 @1", "R2 @2", "R3 @3"]);
  });

  Deno.test(`JobRun makes no result late by the idleness of those above (${order})`, async () => {
    const [slow, other] = [new ScriptSource({ "s-0": textsAt(10) }), new ScriptSource({ "o-0": textsAt(5) })];
    const calls = new AsyncCalls<string, string>();
    const job = new SteppedJob((env, { store }) => {
      const [first, second] = [slow, other].map((source, index) =>
        env.fromSource(source, WatermarkStrategy.forMonotonousTimestamps<string>(), `source_${index}`)
      );
      const results = AsyncDataStream[`${order}Wait`](first!, calls.function, {
        timeoutMs: Number.POSITIVE_INFINITY,
      });
      results.union(second!).transform("late marker", () => new LateMarker()).sinkTo(store.sink("out"));
    });
    await job.execute(
      {},
      () => job.clock.advance(60_000), // both fall idle
      () => other.append("o-0", at(100, "r100")),
      () => other.append("o-0", at(200, "r200")),
      () => calls.of("r10").answer("R10"),
      () => job.clock.advance(1_000),
    );

    assertEquals(job.output, ["r5 @5", "r100 @100", "r200 @200", "R10 @10"]);
  });

  Deno.test(`JobRun makes no call for a record that dies further on (${order})`, async () => {
    const rig = newJob(order, textsAt(1, 2, 3), {}, {
      beside: (texts, { store }) => {
        texts.map((text) => {
          if (text === "r2") throw new RangeError("no such city");
          return text;
        }).sinkTo(store.sink("elsewhere"));
      },
    });
    await run(rig, answerFirst(rig));

    assertEquals(rig.calls.inputs, ["r1", "r3"]);
    assertEquals(rig.job.output.toSorted(), ["R1 @1", "R3 @3", "r1 @1", "r3 @3"]);
    assertEquals(rig.job.store.letters.map(({ origin }) => origin?.offset), [1]);
    assertEquals(rig.job.store.entriesOf("state"), {});
  });

  // What is committed must not be ahead of the records that a restart gives back.
  Deno.test(`JobRun never makes records late that it restores (${order})`, async () => {
    const rig = newJob(order, textsAt(1, 2, 30, 40));
    const { job } = rig;
    for (let run = 0; run < 4; run++) {
      await job.execute({}, () => {}, () => {}, () => rig.calls.open[0]!.answer(upper(rig.calls.open[0]!.input)));
    }

    assertEquals(job.output, ["R1 @1", "R2 @2", "R30 @30", "R40 @40"]);
  });

  const results = (text: string) => ["a", "b", "c"].slice(0, Number(text.slice(1)) % 4).map((end) => text + end);

  Deno.test(`JobRun gives what calls one after the other would give, whatever their order and where it dies (${order})`, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 1, max: 5 }),
        fc.array(fc.nat(), { minLength: 1, maxLength: 20 }),
        fc.array(fc.record({ commits: fc.integer({ min: 1, max: 8 }), kept: fc.boolean() }), { maxLength: 4 }),
        async (times, capacity, choices, crashes) => {
          const sorted = times.toSorted((a, b) => a - b);
          // Twice, and with more records than come in at a time between.
          const twice: Operator<string, string> = {
            processElement: ({ value, timestampMs }, output) => {
              output.collect(value, timestampMs);
              if (Number(value.slice(1)) % 5 === 0) output.collect(value, timestampMs);
            },
          };
          const rig = newJob(
            order,
            sorted.map((time) => at(time, `r${time}`)),
            { capacity },
            { between: (stream) => stream.transform("twice", () => twice) },
          );
          const { store } = rig.job;
          let chosen = 0;
          const answer = () => {
            const { open } = rig.calls;
            if (open.length === 0) return;
            const call = open[choices[chosen++ % choices.length]! % open.length]!;
            call.answer(...results(call.input));
          };
          for (const { commits, kept } of crashes) {
            const fatal = store.attemptedCommits + commits;
            const die = (number: number) => {
              if (number === fatal) throw new Error("kill -9");
            };
            if (kept) store.afterCommit = die;
            else store.beforeCommit = die;
            await run(rig, answer).catch((error) => assertEquals(error.message, "kill -9"));
            store.afterCommit = store.beforeCommit = () => {};
          }
          await run(rig, answer);

          const expected = sorted.flatMap((time) => {
            const once = results(`r${time}`).map((result) => `${result} @${time}`);
            return time % 5 === 0 ? [...once, ...once] : once;
          });
          if (order === "ordered") assertEquals(rig.job.output, expected);
          else assertEquals(rig.job.output.toSorted(), expected.toSorted());
        },
      ),
      { seed: 20_261_019, numRuns: 150 },
    );
  });
}
