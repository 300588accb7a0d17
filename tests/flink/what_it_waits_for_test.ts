import { assertEquals } from "@std/assert";
import type { StageView } from "../../src/cli/flink/stage_view.ts";
import { whatItWaitsFor } from "../../src/cli/flink/what_it_waits_for.ts";

const SOURCE: StageView = {
  name: "Source: flights",
  parallelism: 2,
  status: "RUNNING",
  tasks: { RUNNING: 2 },
  counters: { in: 9 },
  unread: 0,
  waiting: 0,
  eventTimeMs: undefined,
  partitions: [{ id: "flights-0", eventTimeMs: 90_000, idle: false }, {
    id: "flights-1",
    eventTimeMs: 30_000,
    idle: false,
  }],
};
const WINDOW: StageView = {
  ...SOURCE,
  name: "count",
  counters: { in: 9, firesAtMs: 59_999 },
  unread: undefined,
  eventTimeMs: 30_000,
  partitions: [],
};

/** The sentence for a running job with a source and a window. */
function of(source: Partial<StageView>, window: Partial<StageView> = {}): string | undefined {
  return whatItWaitsFor("RUNNING", [{ ...SOURCE, ...source }, { ...WINDOW, ...window }]);
}

Deno.test("whatItWaitsFor() names the window that is due first, and the partition that holds event time", () => {
  const waits =
    'waits for event time: the first window or timer of "count" is due when it reaches 1970-01-01T00:00:59.999Z';
  assertEquals(of({}), `${waits}; it is at 1970-01-01T00:00:30.000Z, held by flights-1`);
  const [first, second] = SOURCE.partitions as [StageView["partitions"][0], StageView["partitions"][0]];
  assertEquals(
    of({ partitions: [first, { ...second, idle: true }] }),
    `${waits}; it is at 1970-01-01T00:00:30.000Z, held by flights-0`,
  );
  assertEquals(
    of({ partitions: [first, { ...second, eventTimeMs: undefined }] }, { eventTimeMs: undefined }),
    `${waits}; it has not begun, held by flights-1, which has had no record since the job last started`,
  );
  assertEquals(
    of({ partitions: [{ ...first, idle: true }] }),
    `${waits}; it is at 1970-01-01T00:00:30.000Z, held by all partitions, which are idle`,
  );
});

Deno.test("whatItWaitsFor() names what is read, slots that are missing and tasks that start before event time", () => {
  assertEquals(of({ unread: 1_234 }), "reads: 1,234 records are still to be read");
  assertEquals(of({ tasks: { SCHEDULED: 2 } }), 'waits for free slots: "Source: flights" have none');
  assertEquals(of({}, { tasks: { RUNNING: 1, INITIALIZING: 1 } }), 'waits for the start of "count"');
  assertEquals(
    of({}, { counters: { in: 9, firesAtMs: 2 ** 63 } }),
    "waits for records: its topics are read to the end",
  );
});

Deno.test("whatItWaitsFor() has no sentence for a job that has ended, or of which Flink has no metrics yet", () => {
  assertEquals(whatItWaitsFor("FINISHED", [SOURCE]), undefined);
  assertEquals(of({ counters: {} }, { counters: {} }), undefined);
  assertEquals(whatItWaitsFor("RESTARTING", []), "waits for its next start, after a failure");
});
