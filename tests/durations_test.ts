/**
 * Durations are measured by a clock that is never set: `performance.now()`, or `monotonicMs()` of the job's clock. The time of
 * day jumps when somebody sets it; what counted by it stood still for an hour after an hour back. Here is who needs it, and why.
 */
import { assertEquals } from "@std/assert";

/** Of a file, how often it may read the time of day, and what for. */
const TIME_OF_DAY: Readonly<Record<string, readonly [times: number, reason: string]>> = {
  "s05_data_gen.ts": [2, "event time of bookings, the time in a line of the log"],
  "s12_transformation.ts": [1, "arrival after now: the lesson compares with the present"],
  "s14_sink.ts": [1, "the same"],
  "s16_merge.ts": [1, "the same"],
  "lesson.ts": [1, "arrival after now: whether --now is set"],
  "utils/job_options.ts": [1, "the same, --now"],
  "utils/logging.ts": [1, "the time in a line of the log"],
  "engine/clock.ts": [1, "the clock itself"],
  "engine/testing/watched_clock.ts": [1, "a clock that hands on"],
  "engine/state/keyed_state_backend.ts": [1, "time to live: it is stored, and goes on while no process runs"],
  "engine/runtime/open_running_job.ts": [1, "the same"],
  "engine/runtime/task_context.ts": [1, "processing time: timers of the time of day, as in Flink"],
  "engine/runtime/job_run.ts": [1, "processing time, and periodic watermarks, which may compare with the present"],
  "engine/runtime/commits.ts": [
    2,
    "when a bounded run finished: it is stored, and others compare; of a commit, which is shown",
  ],
  "engine/runtime/live_follow.ts": [2, "a request ends at a time of day; when a report was written: others see it"],
  "connectors/embedded/notes.ts": [2, "how old a note of another process is"],
  "connectors/kafka/newest_topic.ts": [2, "how old a record of another process is"],
  "engine/runtime/tracing.ts": [1, "processing time at a step, which is shown"],
  "engine/reporting/status_reporter.ts": [5, "when a job started, reported and failed: others see it and compare"],
  "engine/runtime/job_execution.ts": [1, "since when it stands by: compared with the same of another process"],
  "inspect/follow/present.ts": [2, "functions of a job that runs again see the time of its records"],
  "inspect/follow/rerun.ts": [1, "the same"],
  "cli/tool.ts": [1, "timestamps of records, when a savepoint was made"],
  "cli/flink/export.ts": [1, "when a savepoint was made"],
  "cli/demo/booking.ts": [1, "event time of bookings"],
  "cli/demo/demo.ts": [2, "what the screen shows; arrival after now"],
  "cli/demo/messages.ts": [1, "the time that is shown beside a message"],
  "cli/top.ts": [4, "the moment that the screen shows, beside those that jobs report"],
  "connectors/job_store.ts": [1, "the time of writing, for a letter whose own time its topic refuses"],
  "connectors/records/dead_letter_record.ts": [2, "when a record became a dead letter; one without a time"],
  "dashboard/api/dead_letters.ts": [1, "when a dead letter was replayed or dropped, which is stored"],
  "dashboard/jobs_feed.ts": [2, "the moment that the page shows, beside those that jobs report"],
  "engine/time/clock_limit.ts": [1, "event time does not go further than so much beyond the present"],
  "connectors/topic_reader.ts": [1, "since when a record is held by a transaction, which is shown"],
  "connectors/kafka/topic_limits.ts": [2, "a broker compares timestamps with the present"],
  "connectors/records/record_time.ts": [1, "a record without time gets that of its writing"],
  "connectors/embedded/status.ts": [1, "reports that are old are forgotten, whoever wrote them"],
  "flink/worker/stage_report.ts": [1, "processing time, for periodic watermarks"],
  "flink/worker/stage_worker.ts": [1, "processing time, for periodic watermarks"],
  "connectors/embedded/jobs.ts": [
    4,
    "a commit and a sign of life, which are shown; the end of a lease, which processes share: they have no other clock in common",
  ],
  "connectors/kafka/open_lease.ts": [1, "timestamps of the changelog; who of two instances was there first"],
};

/** A reading, also of a clock that was handed in: `clock.now()`, `options.now()`. */
const READING = /\bDate\.now\b|\bnew Date\(\)|\bclock\.now\b|#clock\.now\b/g;

const ROOT = new URL("../src/", import.meta.url);
const mayRead = Deno.permissions.querySync({ name: "read" }).state === "granted";

function* files(folder = ""): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(new URL(folder, ROOT))) {
    if (isDirectory) yield* files(`${folder}${name}/`);
    else if (name.endsWith(".ts")) yield folder + name;
  }
}

/** How often a text reads the time of day, comments left out. */
function readings(text: string): number {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "").match(READING)?.length ?? 0;
}

Deno.test({
  name: `no duration is measured by the time of day${mayRead ? "" : " (skipped: it needs to read files)"}`,
  ignore: !mayRead,
  fn() {
    const unexplained = [...files()].flatMap((file) => {
      const found = readings(Deno.readTextFileSync(new URL(file, ROOT)));
      const allowed = TIME_OF_DAY[file]?.[0] ?? 0;
      return found > allowed ? [`${file} reads the time of day ${found} times, ${allowed} of them with a reason`] : [];
    });
    assertEquals(unexplained, []);
  },
});

Deno.test("readings() counts clocks of both kinds, and no comments", () => {
  assertEquals(readings("const a = Date.now() - startedMs;\nthis.#clock.now(); new Date();"), 3);
  assertEquals(readings("/** Not Date.now(). */\n// nor clock.now()\nclock.monotonicMs(); new Date(5)"), 0);
});
