/** Guards the map of rooms, see `imports/map_of_rooms.ts`. */
import { assert, assertEquals } from "@std/assert";
import { findCircles } from "./imports/circles.ts";
import { findMisdirected } from "./imports/map_of_rooms.ts";
import { importsOf, readAll } from "./imports/source_files.ts";

const mayRead = Deno.permissions.querySync({ name: "read" }).state === "granted";

const files = mayRead ? await readAll(new URL("../src/", import.meta.url)) : [];

function testOfSrc(name: string, fn: () => void): void {
  Deno.test({ name: `${name}${mayRead ? "" : " (skipped: it needs to read src)"}`, ignore: !mayRead, fn });
}

testOfSrc("imports in src point down the map", () => {
  // The checker does see what is there.
  assert(files.length > 100 && files.flatMap(importsOf).length > 500);
  assertEquals(findMisdirected(files), []);
});

testOfSrc("there is no circle of imports in src", () => assertEquals(findCircles(files, false), []));

/** Streams lead to streams: what a method of one returns is another. So their types go round, and nothing else does. */
const TYPES_GO_ROUND = ["engine/api/"];

testOfSrc("there is no circle of imports of types in src but where they must go round", () => {
  const others = files.filter(({ path }) => !TYPES_GO_ROUND.some((room) => path.startsWith(room)));
  assertEquals(findCircles(others, true), []);
});

/** What is said of one file with that text, beside an operator. */
function saidOf(path: string, text: string): string[] {
  const operator = { path: "engine/operators/map.ts", text: "export class MapOperator {}" };
  return findMisdirected([operator, { path, text }]);
}

const ALLOWED: readonly (readonly [path: string, text: string])[] = [
  ["s16_merge.ts", 'import { openBroker } from "./connectors/mod.ts";\nimport { x } from "./models.ts";'],
  ["s16_merge.ts", 'import { StreamExecutionEnvironment } from "./engine/mod.ts";\nimport { y } from "./utils.ts";'],
  ["s14_sink.ts", 'import { defineWorkflow } from "./s12_transformation.ts";'],
  ["engine/entries/windows.ts", '/** All. */\nexport { a } from "../windows/a.ts";'],
  ["job.ts", 'export { runMain } from "./utils/run_main.ts";'],
  ["s16_merge.ts", 'import { openLessonBroker } from "./lesson.ts";'],
  ["s05_data_gen.ts", 'import { Pace } from "./gen/mod.ts";'],
  ["cli/demo/booking.ts", 'import { makeUp } from "../../s05_data_gen.ts";'],
  ["models.ts", 'import { isAfter } from "./models/iso_time.ts";'],
  ["connectors/open_broker.ts", 'const { open } = await import("./kafka/mod.ts");'],
  ["connectors/kafka/client.ts", 'import kafkajs from "kafkajs";\nimport { port } from "../broker.ts";'],
  ["connectors/files/source.ts", 'import { RecordError } from "../../engine/mod.ts";'],
  ["engine/api/data_stream.ts", 'import { MapOperator } from "../operators/map.ts";'],
  ["engine/operators/window/window.ts", 'import type { Operator } from "../operator.ts";'],
  ["engine/operators/reduce.ts", 'import type { ReduceFunction } from "../functions/functions.ts";'],
  ["connectors/json/codec.ts", 'import { FetchedRecord } from "../records/fetched_record.ts";'],
  ["connectors/kafka/record_batch.ts", 'import { FetchedRecord } from "../records/fetched_record.ts";'],
  ["engine/time/timer_queue.ts", 'import { keyId } from "../state/key.ts";'],
  ["engine/testing/job_harness.ts", 'import { executeJob } from "../runtime/job_execution.ts";'],
  ["engine/job_store.ts", 'import type { StateChange } from "./state/changes.ts";'],
  ["models.ts", 'import type { Topic } from "./connectors/topic.ts";\nimport { z } from "zod";'],
  ["engine/time/time.ts", ' * import { assertEquals } from "../api/data_stream.ts";'],
  ["inspect/commit.ts", 'import { JOB_ENTRY } from "../engine/internal.ts";'],
  ["flink/worker.ts", 'import { wire } from "../engine/runtime/wiring.ts";'],
  ["utils/logging.ts", 'import type { Logger } from "../engine/mod.ts";'],
  ["engine/mod.ts", '/** All. */\nexport { a, type B } from "./api/a.ts";\nexport type { C } from "./c.ts";\n'],
];

const REFUSED: readonly (readonly [path: string, text: string, said: string])[] = [
  [
    "engine/api/data_stream.ts",
    'import { z } from "./x.ts";\nimport {\n  openBroker, // the port\n} from "../../connectors/mod.ts";',
    "engine/api/data_stream.ts imports connectors/mod.ts: engine/api may not import connectors",
  ],
  [
    "engine/runtime/task.ts",
    'import type { FlightData } from "../../models.ts";',
    "engine/runtime/task.ts imports models.ts: engine/runtime may not import models",
  ],
  [
    "engine/operators/reduce.ts",
    'export type { Task } from "../runtime/task.ts";',
    "engine/operators/reduce.ts imports engine/runtime/task.ts: engine/operators may not import engine/runtime",
  ],
  [
    "engine/operators/reduce.ts",
    'import { MapOperator } from "./map.ts";',
    "engine/operators/reduce.ts imports engine/operators/map.ts: operators do not import one another",
  ],
  [
    "engine/functions/functions.ts",
    'import type { Operator } from "../operators/operator.ts";',
    "engine/functions/functions.ts imports engine/operators/operator.ts: engine/functions may not import engine/operators",
  ],
  [
    "engine/reporting/progress.ts",
    'import type { Task } from "../runtime/task.ts";',
    "engine/reporting/progress.ts imports engine/runtime/task.ts: engine/reporting may not import engine/runtime",
  ],
  [
    "engine/operators/reduce.ts",
    'import { count } from "../reporting/progress.ts";',
    "engine/operators/reduce.ts imports engine/reporting/progress.ts: engine/operators may not import engine/reporting",
  ],
  [
    "engine/state/key.ts",
    'import type { Timer } from "../time/timer_queue.ts";',
    "engine/state/key.ts imports engine/time/timer_queue.ts: engine/state may not import engine/time",
  ],
  [
    "engine/job_store.ts",
    'import { Changes } from "./state/changes.ts";',
    "engine/job_store.ts imports engine/state/changes.ts: engine contracts may not import engine/state",
  ],
  [
    "engine/sinks/print_sink.ts",
    'import { log } from "../../utils.ts";',
    "engine/sinks/print_sink.ts imports utils.ts: engine/sinks may not import utils",
  ],
  [
    "engine/api/environment.ts",
    'import { ManualClock } from "../testing/manual_clock.ts";',
    "engine/api/environment.ts imports engine/testing/manual_clock.ts: engine/api may not import engine/testing",
  ],
  [
    "s20_manage_state.ts",
    'import { defineWorkflow } from "./s16_merge.ts";',
    "s20_manage_state.ts imports s16_merge.ts: lessons do not import one another",
  ],
  [
    "gen/pace.ts",
    'import { bookings } from "../s05_data_gen.ts";',
    "gen/pace.ts imports s05_data_gen.ts: gen may not import lessons",
  ],
  [
    "s20_manage_state.ts",
    'import { JobHarness } from "./engine/testing/mod.ts";',
    "s20_manage_state.ts imports engine/testing/mod.ts: lessons may not import engine/testing",
  ],
  [
    "s20_manage_state.ts",
    'const { Screen } = await import("./cli/demo/screen.ts");',
    "s20_manage_state.ts imports cli/demo/screen.ts: lessons may not import cli",
  ],
  [
    "flink/worker.ts",
    'import { Screen } from "../cli/demo/screen.ts";',
    "flink/worker.ts imports cli/demo/screen.ts: flink may not import cli",
  ],
  [
    "utils/settings.ts",
    'import { type Logger, SILENT } from "../engine/mod.ts";',
    "utils/settings.ts imports engine/mod.ts: utils may not import engine/mod.ts",
  ],
  [
    "connectors/files/source.ts",
    'import "../kafka/mod.ts";',
    "connectors/files/source.ts imports connectors/kafka/mod.ts: " +
    "only connectors/mod.ts and connectors/open_broker.ts and connectors/topics.ts may enter connectors/kafka",
  ],
  [
    "connectors/source.ts",
    'import type { Json } from "./embedded/mod.ts";',
    "connectors/source.ts imports connectors/embedded/mod.ts: " +
    "only connectors/mod.ts and connectors/open_broker.ts and connectors/topics.ts may enter connectors/embedded",
  ],
  [
    "connectors/embedded/mod.ts",
    'import type { Kafka } from "kafkajs";',
    "connectors/embedded/mod.ts imports kafkajs: only connectors/kafka/ may import kafkajs",
  ],
  [
    "cli/topics.ts",
    'import { DatabaseSync } from "node:sqlite";',
    "cli/topics.ts imports node:sqlite: only connectors/embedded/ may import node:sqlite",
  ],
  [
    "engine/api/environment.ts",
    "const room = await import(name);",
    "engine/api/environment.ts imports a computed name: which file that is cannot be read from it",
  ],
  [
    "inspect/commit.ts",
    'import { TopicTail } from "../../chaos/topic_tail.ts";',
    "inspect/commit.ts imports chaos/topic_tail.ts: " +
    "it stands outside of src: chaos, bench and tests use src, never the other way",
  ],
  [
    "inspect/commit.ts",
    'import type { TimerKind } from "../engine/time/timer_queue.ts";',
    "inspect/commit.ts imports engine/time/timer_queue.ts: inspect may not import engine/time",
  ],
  [
    "s20_manage_state.ts",
    'import { windowStart } from "./engine/internal.ts";',
    "s20_manage_state.ts imports engine/internal.ts: lessons may not import engine/internal.ts",
  ],
  [
    "connectors/sink.ts",
    'import { formatTime } from "../engine/record.ts";',
    "connectors/sink.ts imports engine/record.ts: connectors may not import engine contracts",
  ],
  [
    "connectors/records/record_format.ts",
    'import { JsonOutput } from "../json/output.ts";',
    "connectors/records/record_format.ts imports connectors/json/output.ts: records know no JSON",
  ],
  ["engine/internal.ts", "export function peek() {}", "engine/internal.ts does more than re-export"],
  [
    "engine/entries/core.ts",
    "export const answer = 42;",
    "engine/entries/core.ts does more than re-export",
  ],
  [
    "engine/api/data_stream.ts",
    'import { Time } from "../entries/core.ts";',
    "engine/api/data_stream.ts imports engine/entries/core.ts: engine/api may not import engine/entries",
  ],
  ["engine/mod.ts", "export const answer = 42;", "engine/mod.ts does more than re-export"],
  ["engine/magic/wand.ts", "", "engine/magic/wand.ts stands in no room of the map"],
];

Deno.test("findMisdirected() lets pass what points down", () => {
  for (const [path, text] of ALLOWED) assertEquals(saidOf(path, text), [], `${path}: ${text}`);
});

Deno.test("findMisdirected() names file and import of what does not", () => {
  for (const [path, text, said] of REFUSED) assertEquals(saidOf(path, text), [said]);
});

/** Files of imports alone: `"a.ts": ["b.ts", "type c.ts"]`. */
function filesOf(imports: Readonly<Record<string, readonly string[]>>): { path: string; text: string }[] {
  return Object.entries(imports).map(([path, from]) => ({
    path,
    text: from.map((to) =>
      to.startsWith("type ") ? `import type { x } from "./${to.slice(5)}";` : `import { x } from "./${to}";`
    )
      .join("\n"),
  }));
}

Deno.test("findCircles() names the shortest way round, each circle once", () => {
  const files = filesOf({
    "a.ts": ["b.ts", "leaf.ts"],
    "b.ts": ["c.ts"],
    "c.ts": ["d.ts", "a.ts"],
    "d.ts": ["a.ts"],
    "x.ts": ["y.ts", "a.ts"],
    "y.ts": ["x.ts"],
    "self.ts": ["self.ts"],
    "leaf.ts": [],
  });
  assertEquals(findCircles(files, false), [
    "a.ts → b.ts → c.ts → a.ts",
    "d.ts → a.ts → b.ts → c.ts → d.ts",
    "self.ts → self.ts",
    "x.ts → y.ts → x.ts",
  ]);
});

Deno.test("findCircles() counts imports of types if it is asked to", () => {
  const files = filesOf({ "a.ts": ["type b.ts"], "b.ts": ["a.ts"], "c.ts": ["a.ts"] });
  assertEquals(findCircles(files, false), []);
  assertEquals(findCircles(files, true), ["a.ts → b.ts → a.ts"]);
});
