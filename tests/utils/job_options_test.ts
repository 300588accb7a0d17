import { assertEquals, assertThrows } from "@std/assert";
import { CLOSE_IDLE_FLAG, jobOptions, SAMPLE_FLAG, UsageError } from "../../src/utils.ts";

const env = { get: () => undefined };
const flags = { closeIdleMs: CLOSE_IDLE_FLAG, sample: SAMPLE_FLAG };

Deno.test("jobOptions() reads --close-idle and --sample; without them event time waits and topics are read", () => {
  const read = (...args: string[]) => jobOptions("s18_aggregation", args, { flags, env });
  assertEquals([read().closeIdleMs, read().sample], [Infinity, false]);
  assertEquals([read("--close-idle", "30s").closeIdleMs, read("--sample").sample], [30_000, true]);
  const error = assertThrows(() => read("--close-idle", "0s"), UsageError);
  assertEquals(error.message, 'Cannot use --close-idle: it must be longer than nothing: found "0s"');
});

Deno.test("jobOptions() has hints that name the tasks which feed a job, and others for a job of its own", () => {
  assertEquals(jobOptions("s08_create_source", [], { fedBy: ["gen"], env }).startupHints, {
    whenMissing: 'run "deno task gen --create" in another terminal first, or this lesson with --sample',
    whenIdle: 'run "deno task gen" in another terminal, or this lesson with --sample',
    whenBehindAll:
      'run "deno task gen" in another terminal; to read what is there, start this lesson with --reset --from earliest',
  });
  assertEquals(
    jobOptions("s18_aggregation", [], { fedBy: ["gen", "s16"], env }).startupHints?.whenIdle,
    'run "deno task gen" and "deno task s16" in other terminals, or this lesson with --sample',
  );
  assertEquals(
    jobOptions("my_job", [], { env }).startupHints.whenMissing,
    'see "deno task topics list", or create it with "deno task topics create"',
  );
});
