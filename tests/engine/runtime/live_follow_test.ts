import { assert, assertEquals } from "@std/assert";
import {
  FOLLOW_FORMAT,
  type FollowReport,
  type FollowRequest,
  parseFollowReport,
} from "../../../src/engine/follow_request.ts";
import { RetriableError } from "../../../src/engine/testing/memory_job_store.ts";
import { LiveFollow } from "../../../src/engine/runtime/live_follow.ts";
import type { TraceStep } from "../../../src/engine/trace.ts";
import { Tracing } from "../../../src/engine/runtime/tracing.ts";
import { Changes } from "../../../src/engine/state/changes.ts";
import { SteppedJob } from "../stepped_job.ts";
import { at, ScriptSource } from "../script_source.ts";

const START_MS = 1_000_000;

/** Asks for the record at an offset of the only partition. */
function request(offset: number, overrides: Partial<FollowRequest> = {}): FollowRequest {
  return {
    format: FOLLOW_FORMAT,
    id: `offset ${offset}`,
    atMs: START_MS,
    untilMs: START_MS + 600_000,
    keys: [],
    places: [{ topic: "s-0", partition: 0, offset }],
    ...overrides,
  };
}

/** What a store keeps for whoever follows. */
interface Board {
  requests: FollowRequest[];
  asked: number;
  /** By request. */
  readonly reports: Map<string, FollowReport>;
}

function boardOf({ store }: SteppedJob, ...requests: FollowRequest[]): Board {
  const board: Board = { requests, asked: 0, reports: new Map() };
  Object.assign(store, {
    followRequests(): Promise<FollowRequest[]> {
      board.asked++;
      return Promise.resolve(board.requests);
    },
    reportFollowed(report: FollowReport): Promise<void> {
      board.reports.set(report.request, parseFollowReport(JSON.stringify(report))!);
      return Promise.resolve();
    },
  });
  return board;
}

/** "1 read texts", "2 decoded texts < 1" */
function outline({ reports }: Board, id: string): string[] {
  return reports.get(id)?.steps.map(({ step, kind, operator, causes }) =>
    `${step} ${kind} ${operator}${causes.length === 0 ? "" : ` < ${causes.join(" ")}`}`
  ) ?? [];
}

/** Time passes second by second. */
function pass({ clock }: SteppedJob, seconds: number): () => void {
  return () => {
    for (let second = 0; second < seconds; second++) clock.advance(1_000);
  };
}

Deno.test("a running job follows the records that somebody asks for, through windows, until its end", async () => {
  const source = new ScriptSource({ "s-0": [at(1, "a 1"), at(2, "a 1"), at(3, "b 1")] });
  const job = SteppedJob.counting(source, { idleMs: Infinity });
  const board = boardOf(job, request(4));
  await job.execute(
    {},
    () => source.append("s-0", at(4, "b 4"), at(5, "a 5")),
    pass(job, 2),
    () => source.append("s-0", at(25, "c 1")),
    pass(job, 2),
  );
  assertEquals(job.output, ["a 7 @9", "b 5 @9"]);
  assertEquals(outline(board, "offset 4"), [
    "1 read texts",
    "2 decoded texts < 1",
    "3 window counts < 2",
    "4 fired counts < 3",
    "5 emitted counts < 4",
    "6 sent out < 5",
  ]);
  const { committed, dropped, open, job: name } = board.reports.get("offset 4")!;
  assertEquals([committed, dropped, open, name], [6, 0, 0, "stats"]);
});

Deno.test("a job stops to follow when a request is over, and while nobody asks nothing is reported", async () => {
  const source = new ScriptSource({ "s-0": [at(1, "a 1")] });
  const job = SteppedJob.counting(source, { idleMs: Infinity });
  const board = boardOf(job, request(1, { untilMs: START_MS + 3_000 }));
  await job.execute(
    {},
    pass(job, 1),
    () => source.append("s-0", at(2, "a 1")),
    pass(job, 2),
    pass(job, 2),
    () => source.append("s-0", at(25, "c 1")),
    pass(job, 2),
  );
  // The window fired when nobody followed any more.
  assertEquals(outline(board, "offset 1"), ["1 read texts", "2 decoded texts < 1", "3 window counts < 2"]);
  assertEquals(job.output, ["a 2 @9"]);
});

Deno.test("steps of a record belong to the requests that asked for it, a window's to those of all records in it", async () => {
  const source = new ScriptSource({ "s-0": [at(1, "x 0")] });
  const job = SteppedJob.counting(source, { idleMs: Infinity });
  const board = boardOf(job, request(1), request(2));
  await job.execute(
    {},
    pass(job, 1),
    () => source.append("s-0", at(2, "a 1"), at(3, "a 1"), at(25, "c 1")),
    pass(job, 2),
  );
  assertEquals(outline(board, "offset 1"), [
    "1 read texts",
    "2 decoded texts < 1",
    "3 window counts < 2",
    "7 fired counts < 3 6",
    "8 emitted counts < 7",
    "9 sent out < 8",
  ]);
  assertEquals(outline(board, "offset 2").map((line) => line.split(" ")[0]), ["4", "5", "6", "7", "8", "9"]);
});

Deno.test("after a restart what was followed since the last commit is seen anew, with new numbers, and once", async () => {
  const source = new ScriptSource({ "s-0": [at(1, "a 1")] });
  const job = SteppedJob.counting(source, { idleMs: Infinity });
  const board = boardOf(job, request(1), request(2));
  let fails = false;
  job.store.beforeCommit = () => {
    if (!fails) return;
    fails = false;
    throw new RetriableError("The broker is away");
  };
  await job.execute(
    { commitIntervalMs: 1_000 },
    pass(job, 1),
    () => source.append("s-0", at(2, "b 1")),
    pass(job, 2),
    () => {
      source.append("s-0", at(3, "b 1"));
      fails = true;
    },
    pass(job, 2),
    pass(job, 2),
    pass(job, 2),
  );
  assertEquals(outline(board, "offset 1"), ["1 read texts", "2 decoded texts < 1", "3 window counts < 2"]);
  assertEquals(outline(board, "offset 2"), ["7 read texts", "8 decoded texts < 7", "9 window counts < 8"]);
});

Deno.test("steps that a restart withdraws vanish from the report, though no others come", async () => {
  const job = new SteppedJob(() => {});
  const board = boardOf(job, request(1));
  const { clock, logger, store } = job;
  const follow = new LiveFollow({ jobName: "stats", statusIntervalMs: 1_000, clock, logger, store }, "instance");
  const tracing = () => new Tracing({ jobName: "stats", changes: new Changes(), clock });
  /** Time passes for the promises of the store. */
  const turn = () => new Promise((resolve) => setTimeout(resolve));
  const origin = { topic: "s-0", partition: 0, offset: 1, timestampMs: 1, key: null, value: null, headers: undefined };
  follow.runs(tracing());
  await turn();
  assert(follow.follows(origin));
  const read = { step: 1, causes: [], job: "stats", operator: "texts", clockMs: START_MS, kind: "read", ...origin };
  follow.take({ ...read, key: null, value: null } as TraceStep);
  clock.advance(1_000);
  await turn();
  assertEquals(outline(board, "offset 1"), ["1 read texts"]);
  follow.runs(tracing());
  clock.advance(1_000);
  await turn();
  assertEquals(outline(board, "offset 1"), []);
});

Deno.test("a request that matches everything is followed until there are enough steps, and reports stay small", async () => {
  const source = new ScriptSource({ "s-0": [at(1, "x 0")] });
  const job = SteppedJob.counting(source, { idleMs: Infinity });
  const places = Array.from({ length: 5_000 }, (_, offset) => ({ topic: "s-0", partition: 0, offset }));
  const board = boardOf(job, request(0, { id: "all", places }));
  const many = Array.from({ length: 4_000 }, (_, i) => at(2 + i, `key${i % 7} 1`));
  await job.execute({}, pass(job, 1), () => source.append("s-0", ...many), pass(job, 2), pass(job, 2));
  const { steps, dropped } = board.reports.get("all")!;
  assert(steps.length >= 400 && steps.length <= 600, `${steps.length} steps`);
  assertEquals(dropped, 0);
  assert(JSON.stringify(steps).length < 900_000);
});

Deno.test("a store that cannot be asked harms nothing, and is asked again after 30 s", async () => {
  const source = new ScriptSource({ "s-0": [at(1, "a 1"), at(25, "a 1")] });
  const job = SteppedJob.counting(source, { idleMs: Infinity });
  const board = boardOf(job);
  Object.assign(job.store, {
    followRequests(): Promise<never> {
      board.asked++;
      return Promise.reject(new RetriableError("not allowed"));
    },
  });
  await job.execute({}, pass(job, 20), pass(job, 20), pass(job, 2));
  assertEquals(job.output, ["a 1 @9"]);
  assertEquals(board.asked, 2);
  assert(job.log.some((line) => line.includes("cannot look for requests to follow records")), job.log.join("\n"));
});

Deno.test("who follows a job from its first record on is not disturbed by requests, nor where nobody can ask", () => {
  const tracer = { follows: () => true, take: () => {} };
  const job = new SteppedJob(() => {});
  boardOf(job);
  const { clock, logger, store } = job;
  const options = { jobName: "stats", statusIntervalMs: 1_000, clock, logger };
  const changes = new Changes();
  for (const each of [{ ...options, store, tracer }, { ...options, store: undefined, tracer }]) {
    const tracing = new Tracing({ jobName: "stats", changes, clock, tracer });
    new LiveFollow(each, "instance").runs(tracing);
    assertEquals(tracing.tracer, tracer);
  }
});
