/** Guards the map of rooms: imports point down, and only there. A map that changes is redrawn here in the same commit. */
import { assert, assertEquals } from "@std/assert";

// ------------------------------------------------------------------------------------------------------------ the map

/**
 * From top to bottom: a room may import itself and what stands below it. Of the rooms under the operators the functions that a
 * user writes know windows, windows know time and state, and time knows state.
 */
const LINE = [
  "lessons",
  "connectors",
  "engine/mod.ts",
  "engine/api",
  "engine/runtime",
  "engine/graph.ts",
  "engine/operators",
  "engine/functions",
  "engine/windows",
  "engine/time",
  "engine/state",
  "engine contracts",
];

/** Rooms beside that line, and what they may import beside themselves. */
const BESIDE: Readonly<Record<string, readonly string[]>> = {
  cli: [...LINE, "models", "utils"],
  flink: [...LINE, "models", "utils"],
  models: [],
  utils: [],
  "engine/testing": [...from("engine/api"), "engine/reporting"],
  // What a job says of itself to a person. It reads what runs.
  "engine/reporting": from("engine/runtime"),
  "engine/sources": from("engine/time"),
  "engine/sinks": from("engine/time"),
};

/** Who may import a room beside the line. */
const USERS: Readonly<Record<string, readonly string[]>> = {
  models: ["lessons"],
  utils: ["lessons"],
  // The environment and the streams make the simple ones themselves.
  "engine/sources": ["engine/api", "engine/mod.ts"],
  "engine/sinks": ["engine/api", "engine/mod.ts"],
  "engine/reporting": ["engine/runtime"],
};

/** Rooms that may import types of ours from anywhere. */
const TYPES_FROM_ANYWHERE = ["models", "utils"];

/** Types that are taken from above, and why. */
const TYPES_FROM_ABOVE: readonly (readonly [from: string, to: string, why: string])[] = [
  ["engine/job_store.ts", "engine/state/changes.ts", "a store keeps what state calls a change, an entry and its text"],
];

/** Packages that one room alone may touch. */
const KEPT_APART: Readonly<Record<string, string>> = {
  kafkajs: "connectors/kafka/",
  "node:sqlite": "connectors/embedded/",
};

/** Rooms of connectors that are closed to one another, and the two files that may enter them. */
const CLOSED = ["embedded", "files", "kafka"];
const DOORS = ["connectors/mod.ts", "connectors/open_broker.ts"];

function from(room: string): readonly string[] {
  return LINE.slice(LINE.indexOf(room));
}

function roomOf(path: string): string | undefined {
  if (/^s\d\d_\w+\.ts$/.test(path)) return "lessons";
  if (/^(models|samples)\.ts$/.test(path)) return "models";
  if (/^utils(\.ts$|\/)/.test(path)) return "utils";
  if (/^engine\/(mod|graph)\.ts$/.test(path)) return path;
  if (/^engine\/\w+\.ts$/.test(path)) return "engine contracts";
  const room = /^(engine\/\w+|\w+)\//.exec(path)?.[1];
  return room !== undefined && (LINE.includes(room) || room in BESIDE) ? room : undefined;
}

// -------------------------------------------------------------------------------------------------------- the checker

interface SourceFile {
  /** Below src: "engine/api/data_stream.ts". */
  readonly path: string;
  readonly text: string;
}

interface Import {
  /** A path below src, or the name of a package. */
  readonly to: string;
  readonly typeOnly: boolean;
}

/** Static, dynamic and type imports, and re-exports. Those of examples in comments begin behind an asterisk. */
function importsOf({ path, text }: SourceFile): Import[] {
  const found: Import[] = [];
  const add = (to: string, typeOnly: boolean) => void found.push({ to: resolve(path, to), typeOnly });
  for (const [, type, names, to] of text.matchAll(/^(?:import|export)(\s+type)?\s+([^"';]*?)\s*from\s*"([^"]+)"/gm)) {
    const listed = /^\{(.*)\}$/s.exec(names!)?.[1]?.split(",").map((name) => name.trim()).filter((name) => name !== "");
    add(to!, type !== undefined || listed?.every((name) => name.startsWith("type ")) === true);
  }
  for (const [, to] of text.matchAll(/^import\s*"([^"]+)"/gm)) add(to!, false);
  for (const [, to] of text.matchAll(/^(?!\s*(?:\*|\/\/)).*\bimport\((.*?)\)/gm)) {
    add(/^\s*"([^"]+)"/.exec(to!)?.[1] ?? "a computed name", false);
  }
  return found;
}

function resolve(path: string, to: string): string {
  return to.startsWith(".") ? new URL(to, `file:///${path}`).pathname.slice(1) : to;
}

/** One sentence for each import that does not point down. */
function findMisdirected(files: readonly SourceFile[]): string[] {
  const operators = new Set(
    files.filter(({ text }) => /^export class \w*Operator\b/m.test(text)).map(({ path }) => path),
  );
  return files.flatMap((file) => {
    if (roomOf(file.path) === undefined) return [`${file.path} stands in no room of the map`];
    const wrong = importsOf(file).flatMap((found) => {
      const why = whyNot(file.path, found, operators);
      return why === undefined ? [] : [`${file.path} imports ${found.to}: ${why}`];
    });
    if (file.path === "engine/mod.ts" && !onlyReExports(file.text)) wrong.push(`${file.path} does more than re-export`);
    return wrong;
  });
}

function whyNot(path: string, { to, typeOnly }: Import, operators: ReadonlySet<string>): string | undefined {
  const [room, target] = [roomOf(path)!, roomOf(to)];
  if (to === "a computed name") return "which file that is cannot be read from it";
  if (target === undefined && to.endsWith(".ts")) {
    return "it stands outside of src: chaos, bench and tests use src, never the other way";
  }
  if (target === undefined) {
    const [name, only] = Object.entries(KEPT_APART).find(([name]) => to === name || to.startsWith(`${name}/`)) ?? [];
    return only === undefined || path.startsWith(only) ? undefined : `only ${only} may import ${name}`;
  }
  if (typeOnly && TYPES_FROM_ANYWHERE.includes(room)) return undefined;
  if (typeOnly && TYPES_FROM_ABOVE.some(([from, above]) => from === path && above === to)) return undefined;
  if (room === target) return whyNotWithin(room, path, to, operators);
  const below = BESIDE[room] ?? [...from(room), ...Object.keys(USERS).filter((name) => USERS[name]!.includes(room))];
  return below.includes(target) ? undefined : `${room} may not import ${target}`;
}

/** Between files of one room. */
function whyNotWithin(
  room: string,
  path: string,
  to: string,
  operators: ReadonlySet<string>,
): string | undefined {
  if (room === "lessons") return "lessons do not import one another";
  if (room === "engine/operators" && operators.has(to)) return "operators do not import one another";
  if (room !== "connectors" || DOORS.includes(path)) return undefined;
  const [mine, other] = [path, to].map((file) => /^connectors\/(\w+)\//.exec(file)?.[1]);
  return other === undefined || other === mine || !CLOSED.includes(other)
    ? undefined
    : `only ${DOORS.join(" and ")} may enter connectors/${other}`;
}

function onlyReExports(text: string): boolean {
  const code = text.replaceAll(/^\/\*\*.*?\*\/$|^\/\/.*$/gms, "");
  return code.replaceAll(/export\s+(type\s+)?(\*|\{[^}]*\})\s*from\s*"[^"]+";/g, "").trim() === "";
}

// ----------------------------------------------------------------------------------------------------------- the tests

const mayRead = Deno.permissions.querySync({ name: "read" }).state === "granted";

Deno.test({
  name: `imports in src point down the map${mayRead ? "" : " (skipped: it needs to read src)"}`,
  ignore: !mayRead,
  fn: async () => {
    const files = await readAll(new URL("../src/", import.meta.url));
    // The checker does see what is there.
    assert(files.length > 100 && files.flatMap(importsOf).length > 500);
    assertEquals(findMisdirected(files), []);
  },
});

async function readAll(dir: URL, below = ""): Promise<SourceFile[]> {
  const files: SourceFile[] = [];
  for await (const { name, isDirectory } of Deno.readDir(dir)) {
    if (isDirectory) files.push(...await readAll(new URL(`${name}/`, dir), `${below}${name}/`));
    else if (name.endsWith(".ts")) {
      files.push({ path: below + name, text: await Deno.readTextFile(new URL(name, dir)) });
    }
  }
  return files;
}

/** What is said of one file with that text, beside an operator. */
function saidOf(path: string, text: string): string[] {
  const operator = { path: "engine/operators/map.ts", text: "export class MapOperator {}" };
  return findMisdirected([operator, { path, text }]);
}

const ALLOWED: readonly (readonly [path: string, text: string])[] = [
  ["s16_merge.ts", 'import { openBroker } from "./connectors/mod.ts";\nimport { x } from "./models.ts";'],
  ["s16_merge.ts", 'import { StreamExecutionEnvironment } from "./engine/mod.ts";\nimport { y } from "./utils.ts";'],
  ["cli/demo/booking.ts", 'import { makeUp } from "../../s05_data_gen.ts";'],
  ["connectors/open_broker.ts", 'const { open } = await import("./kafka/mod.ts");'],
  ["connectors/kafka/client.ts", 'import kafkajs from "kafkajs";\nimport { port } from "../broker.ts";'],
  ["connectors/files/source.ts", 'import { RecordError } from "../../engine/mod.ts";'],
  ["engine/api/data_stream.ts", 'import { MapOperator } from "../operators/map.ts";'],
  ["engine/operators/window/window.ts", 'import type { Operator } from "../operator.ts";'],
  ["engine/operators/reduce.ts", 'import type { ReduceFunction } from "../functions/functions.ts";'],
  ["connectors/kafka/record_batch.ts", 'import { RecordView } from "../records/record_view.ts";'],
  ["engine/time/timer_queue.ts", 'import { keyId } from "../state/key.ts";'],
  ["engine/testing/job_harness.ts", 'import { executeJob } from "../runtime/job_execution.ts";'],
  ["engine/job_store.ts", 'import type { StateChange } from "./state/changes.ts";'],
  ["models.ts", 'import type { Topic } from "./connectors/topic.ts";\nimport { z } from "zod";'],
  ["engine/time/time.ts", ' * import { assertEquals } from "../api/data_stream.ts";'],
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
    'import { defineWorkflow } from "./s18_aggregation.ts";',
    "s20_manage_state.ts imports s18_aggregation.ts: lessons do not import one another",
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
    "only connectors/mod.ts and connectors/open_broker.ts may enter connectors/kafka",
  ],
  [
    "connectors/source.ts",
    'import type { Json } from "./embedded/mod.ts";',
    "connectors/source.ts imports connectors/embedded/mod.ts: " +
    "only connectors/mod.ts and connectors/open_broker.ts may enter connectors/embedded",
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
    "cli/state/commit.ts",
    'import { TopicTail } from "../../../chaos/topic_tail.ts";',
    "cli/state/commit.ts imports chaos/topic_tail.ts: " +
    "it stands outside of src: chaos, bench and tests use src, never the other way",
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
