/** The client of Flink's REST interface, against answers that a Flink 2.2.1 gave. */
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { FlinkRest } from "../../src/flink/rest.ts";
import { FlinkRestError, rootCause } from "../../src/flink/rest_calls.ts";

const mayServe = Deno.permissions.querySync({ name: "net" }).state === "granted";
const JOB = "be46a7189d741575c77818e6ec399fdf";

interface Request {
  readonly call: string;
  readonly body: unknown;
}

/** What the server answers to "GET /overview". */
type Answers = Readonly<Record<string, unknown>>;

/** Answers that come one by one, the last again and again. */
class InTurn {
  readonly answers: unknown[];
  constructor(...answers: unknown[]) {
    this.answers = answers;
  }
  next(): unknown {
    return this.answers.length > 1 ? this.answers.shift() : this.answers[0];
  }
}

/** Runs a server with these answers. */
async function withFlink(
  answers: Answers,
  fn: (rest: FlinkRest, requests: readonly Request[]) => Promise<void>,
): Promise<void> {
  const requests: Request[] = [];
  const server = Deno.serve({ port: 0, hostname: "localhost", onListen: () => {} }, async (request) => {
    const { pathname, search } = new URL(request.url);
    const call = `${request.method} ${pathname}${search}`;
    const isForm = request.headers.get("content-type")?.startsWith("multipart/form-data");
    const text = isForm ? "" : await request.text();
    const form = isForm ? await request.formData() : undefined;
    requests.push({ call, body: form ?? (text === "" ? undefined : JSON.parse(text)) });
    const answer = answers[call];
    if (answer === undefined) {
      return Response.json({ errors: [`Not found: ${pathname}`] }, { status: 404 });
    }
    const next = answer instanceof InTurn ? answer.next() : answer;
    return next instanceof Response ? next.clone() : Response.json(next);
  });
  try {
    await fn(new FlinkRest(`http://localhost:${server.addr.port}/`, { pollMs: 1 }), requests);
  } finally {
    await server.shutdown();
  }
}

function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ name: mayServe ? name : `${name} (skipped: it needs the network)`, ignore: !mayServe, fn });
}

const NOT_FOUND = Response.json({
  errors: [
    "org.apache.flink.runtime.rest.NotFoundException: Job 00000000000000000000000000000000 not found\n\tat " +
    "org.apache.flink.runtime.rest.handler.job.AbstractExecutionGraphHandler.lambda$handleRequest$1(AbstractExecutionGraphHandler.java:99)\n\t" +
    "... 4 more\n",
  ],
}, { status: 404 });

const NO_JAR = Response.json({
  errors: [
    "Internal server error.",
    "<Exception on server side:\njava.util.concurrent.CompletionException: org.apache.flink.runtime.rest.handler.RestHandlerException: " +
    "Jar file /tmp/nope.jar does not exist\n\tat org.apache.flink.runtime.webmonitor.handlers.utils.JarHandlerUtils.a(JarHandlerUtils.java:180)\n" +
    "Caused by: org.apache.flink.runtime.rest.handler.RestHandlerException: Jar file /tmp/nope.jar does not exist\n\t... 12 more\n\n" +
    "End of exception on server side>",
  ],
}, { status: 400 });

const STACK = "org.apache.flink.runtime.taskmanager.AsynchronousException: Caught exception while processing timer.\n" +
  "\tat org.apache.flink.streaming.runtime.tasks.StreamTask.handleAsyncException(StreamTask.java:1708)\n" +
  'Caused by: TimerException{streamapps.WorkerException: Operator "echo" failed at "echo" partition 0 offset 3: Error: boom\n' +
  '    at echo (job.ts:3:5)}\n\t... 15 more\nCaused by: streamapps.WorkerException: Operator "echo" failed at "echo" partition 0 ' +
  "offset 3: Error: boom\n    at echo (job.ts:3:5)\n\tat streamapps.WorkerProcess.receive(WorkerProcess.java:80)\n\t... 14 more\n";

test("overview() and jobs() are typed; those that run come first, then the newest", async () => {
  const summary = (jid: string, state: string, start: number) => ({ jid, name: "echo", state, "start-time": start });
  await withFlink({
    "GET /overview": {
      "taskmanagers": 2,
      "slots-total": 4,
      "slots-available": 4,
      "jobs-running": 0,
      "jobs-finished": 1,
      "jobs-cancelled": 0,
      "jobs-failed": 0,
      "flink-version": "2.2.1",
      "flink-commit": "450c63e",
    },
    "GET /jobs/overview": {
      jobs: [summary("a", "FINISHED", 5), summary("b", "RUNNING", 3), summary("c", "CANCELED", 9)],
    },
  }, async (rest) => {
    assertEquals((await rest.overview())["flink-version"], "2.2.1");
    assertEquals((await rest.jobs()).map(({ jid }) => jid), ["b", "c", "a"]);
  });
});

test("a jar is uploaded as a form, and run with arguments that stand in no address", async () => {
  const id = "c6f0a61b-7eb0-4f6d-93d4-222d8fe452ac_runner.jar";
  await withFlink({
    "POST /jars/upload": { filename: `/tmp/flink-web-upload/${id}`, status: "success" },
    "GET /jars": { address: "http://127.0.0.1:8091", files: [{ id, name: "runner.jar", uploaded: 1, entry: [] }] },
    [`POST /jars/${id}/run`]: { jobid: JOB },
  }, async (rest, requests) => {
    assertEquals(await rest.uploadJar("runner.jar", new Uint8Array([1, 2])), id);
    assertEquals((await rest.jars()).map(({ name }) => name), ["runner.jar"]);
    assertEquals(await rest.runJar(id, { arguments: ["secret"], parallelism: 3, savepointPath: "file:/s" }), JOB);
    const file = (requests[0]!.body as FormData).get("jarfile") as File;
    assertEquals([file.name, file.size], ["runner.jar", 2]);
    assertEquals(requests[2]!.body, { programArgsList: ["secret"], parallelism: 3, savepointPath: "file:/s" });
  });
});

test("savepoint() waits until it is there; stop() ends the job with one", async () => {
  const trigger = { "request-id": "33b8" };
  const path = `GET /jobs/${JOB}/savepoints/33b8`;
  const done = { status: { id: "COMPLETED" }, operation: { location: "file:/s/savepoint-be46" } };
  await withFlink({
    [`POST /jobs/${JOB}/savepoints`]: trigger,
    [`POST /jobs/${JOB}/stop`]: trigger,
    [path]: new InTurn({ status: { id: "IN_PROGRESS" }, operation: null }, done),
  }, async (rest, requests) => {
    assertEquals(await rest.savepoint(JOB), "file:/s/savepoint-be46");
    assertEquals(await rest.stop(JOB, { directory: "file:/s", drain: true }), "file:/s/savepoint-be46");
    assertEquals(requests.filter(({ call }) => call === path).length, 3);
    assertEquals(requests.at(-2)!.body, { targetDirectory: "file:/s", drain: true });
  });
});

test("savepoint() throws the reason when it fails", async () => {
  const stack =
    "java.util.concurrent.CompletionException: org.apache.flink.runtime.checkpoint.CheckpointException: An Exception " +
    "occurred while triggering the checkpoint. IO-problem detected.\n\tat java.base/java.util.concurrent.A.b(C.java:368)\n" +
    "Caused by: java.io.IOException: Failed to create savepoint directory at file:/proc/nope\n\t... 8 more\n";
  await withFlink({
    [`POST /jobs/${JOB}/savepoints`]: { "request-id": "28" },
    [`GET /jobs/${JOB}/savepoints/28`]: {
      status: { id: "COMPLETED" },
      operation: { "failure-cause": { class: "java.util.concurrent.CompletionException", "stack-trace": stack } },
    },
  }, async (rest) => {
    await assertRejects(
      () => rest.savepoint(JOB, "file:///proc/nope"),
      FlinkRestError,
      `Cannot make a savepoint of job ${JOB}: Failed to create savepoint directory at file:/proc/nope`,
    );
  });
});

test("ended() asks until the job will not go on", async () => {
  await withFlink({
    [`GET /jobs/${JOB}`]: new InTurn({ state: "RUNNING" }, { state: "RESTARTING" }, { state: "FAILED" }),
  }, async (rest) => assertEquals(await rest.ended(JOB), "FAILED"));
});

test("failures() have the job's words at the bottom of their stack", async () => {
  await withFlink({
    [`GET /jobs/${JOB}/exceptions`]: {
      exceptionHistory: {
        entries: [{ exceptionName: "AsynchronousException", stacktrace: STACK, timestamp: 1, taskName: "echo (1/2)" }],
        truncated: false,
      },
    },
  }, async (rest) => {
    const [failure] = await rest.failures(JOB);
    assertEquals(
      rootCause(failure!.stacktrace),
      'Operator "echo" failed at "echo" partition 0 offset 3: Error: boom\n    at echo (job.ts:3:5)',
    );
  });
});

test("metrics() asks for the sum over all subtasks", async () => {
  const answer = [{ id: "echo.worker.in", min: 840.0, max: 1160.0, sum: 2000.0 }];
  await withFlink({
    [`GET /jobs/${JOB}/vertices/v/subtasks/metrics?get=echo.worker.in%2CnumRecordsOut&agg=sum,min,max`]: answer,
  }, async (rest) => {
    assertEquals(await rest.metrics(JOB, "v", ["echo.worker.in", "numRecordsOut"]), answer);
  });
});

test("what Flink refuses is one sentence, without its stack", async () => {
  await withFlink({
    "GET /jobs/00000000000000000000000000000000": NOT_FOUND,
    "POST /jars/nope.jar/run": NO_JAR,
  }, async (rest) => {
    const { message, status } = await assertRejects(() => rest.job("0".repeat(32)), FlinkRestError);
    assertStringIncludes(message, `refused GET /jobs/${"0".repeat(32)}: Job ${"0".repeat(32)} not found`);
    assertEquals([status, message.includes("\n")], [404, false]);
    const refused = await assertRejects(() => rest.runJar("nope.jar", { arguments: [] }), FlinkRestError);
    assertStringIncludes(refused.message, "refused POST /jars/nope.jar/run: Jar file /tmp/nope.jar does not exist");
  });
});

test("where no Flink answers, the message says how to get one", async () => {
  const listener = Deno.listen({ hostname: "localhost", port: 0 });
  const { port } = listener.addr;
  listener.close();
  await assertRejects(
    () => new FlinkRest(`http://localhost:${port}`).overview(),
    FlinkRestError,
    `No Flink answers at http://localhost:${port}: start one here with "deno task flink up"`,
  );
});

test("what is no Flink is named", async () => {
  await withFlink({ "GET /overview": new Response("<html>nginx</html>") }, async (rest) => {
    await assertRejects(
      () => rest.overview(),
      FlinkRestError,
      'is no Flink: /overview is not JSON, it begins with "<html>',
    );
  });
});
