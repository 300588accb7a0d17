/** Stages that share a process: which may, and that each is served as if it had one of its own. */
import { assertEquals } from "@std/assert";
import { FunctionSink, KeyedProcessFunction, ProcessFunction, TumblingEventTimeWindows } from "../../src/engine/mod.ts";
import { readResult } from "../../src/flink/protocol/bodies.ts";
import { ByteWriter } from "../../src/flink/protocol/byte_writer.ts";
import { FrameType, HEADER_BYTES, readHeader } from "../../src/flink/protocol/frame.ts";
import { RowWriter } from "../../src/flink/protocol/rows.ts";
import { StageWorkers } from "../../src/flink/worker/stage_workers.ts";
import { type DefineJob, described } from "./rig/described.ts";
import { LIMITS, OUT, type Reading, reading, source, utf8 } from "./stage_jobs.ts";

async function workersIn(define: DefineJob): Promise<number[]> {
  const { plan } = await described(define);
  return plan.stages.map(({ worker }) => worker);
}

Deno.test("the stages of a job share a worker", async () => {
  const workers = await workersIn((env, broker) => {
    source(env, broker).union(source(env, broker, LIMITS)).keyBy(({ sensor }) => sensor)
      .window(TumblingEventTimeWindows.of(10_000)).maxBy("level").sinkTo(broker.sink(OUT)).name("out");
  });
  assertEquals(workers, [0, 0, 0]);
});

Deno.test("stages that have an operator or a sink of their own in common share no worker", async () => {
  const both: DefineJob = (env, broker) => {
    source(env, broker).union(source(env, broker, LIMITS)).map((value) => value).keyBy(({ sensor }) => sensor)
      .window(TumblingEventTimeWindows.of(10_000)).maxBy("level").sinkTo(broker.sink(OUT)).name("out");
  };
  assertEquals(await workersIn(both), [0, 1, 0]);
  const called: DefineJob = (env, broker) => {
    source(env, broker).union(source(env, broker, LIMITS)).sinkTo(new FunctionSink(() => {})).name("call");
  };
  assertEquals(await workersIn(called), [0, 1]);
});

/** Passes readings on, and notes that it is closed. */
class PassOn extends ProcessFunction<Reading, Reading> {
  readonly #closed: string[];

  constructor(closed: string[]) {
    super();
    this.#closed = closed;
  }

  override processElement(value: Reading, _context: unknown, out: { collect(value: Reading): void }): void {
    out.collect(value);
  }

  override close(): void {
    this.#closed.push("pass on");
  }
}

class PassKeyedOn extends KeyedProcessFunction<string, Reading, Reading> {
  readonly #closed: string[];

  constructor(closed: string[]) {
    super();
    this.#closed = closed;
  }

  override processElement(value: Reading, _context: unknown, out: { collect(value: Reading): void }): void {
    out.collect(value);
  }

  override close(): void {
    this.#closed.push("keyed");
  }
}

Deno.test("StageWorkers answers each request from its stage, and closes a stage without the others", async () => {
  const closed: string[] = [];
  const job = await described((env, broker) => {
    source(env, broker).process(new PassOn(closed)).name("pass_on").keyBy(({ sensor }) => sensor)
      .process(new PassKeyedOn(closed)).name("keyed").sinkTo(broker.sink(OUT)).name("out");
  });
  const workers = new StageWorkers(job);
  const ask = async (stage: number, type: number, write: (to: ByteWriter) => void = () => {}) => {
    const to = new ByteWriter().begin(type);
    write(to);
    return await workers.answer({ type, stage, body: to.frame().slice(HEADER_BYTES) });
  };
  for (const stage of [1, 0]) {
    await ask(stage, FrameType.OPEN, (to) => {
      to.text(JSON.stringify({ stage, subtask: 0, parallelism: 1, planHash: job.plan.hash }));
    });
    await ask(stage, FrameType.START);
  }

  const rowsOf = async (stage: number, rest: (to: ByteWriter) => void): Promise<number> => {
    const answer = await ask(stage, FrameType.BATCH, (to) => {
      const rows = new RowWriter(to);
      rest(rows.begin(0, 5, utf8("k"), utf8(JSON.stringify(reading(1)))));
      rows.end();
    });
    const { type, stage: from } = readHeader(answer!);
    assertEquals([type, from], [FrameType.RESULT, stage]);
    return readResult(answer!.subarray(HEADER_BYTES)).rows.count;
  };
  const ofTopic = (to: ByteWriter) => void to.int(0).double(0).int(0);
  const ofStage = (to: ByteWriter) => void to.short(0);
  assertEquals([await rowsOf(0, ofTopic), await rowsOf(1, ofStage)], [1, 1]);

  assertEquals(await ask(0, FrameType.CLOSE), undefined);
  assertEquals(closed, ["pass on"]);
  assertEquals(await rowsOf(1, ofStage), 1);
  await workers.close();
  assertEquals(closed, ["pass on", "keyed"]);
});
