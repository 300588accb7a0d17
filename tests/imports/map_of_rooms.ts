/** The map of rooms: imports point down, and only there. A map that changes is redrawn here in the same commit. */
import { type Import, importsOf, type SourceFile } from "./source_files.ts";

/**
 * From top to bottom: a room may import itself and what stands below it. Of the rooms under the operators the functions that a
 * user writes know windows, windows know time and state, and time knows state.
 */
const LINE = [
  "lessons",
  "connectors",
  "engine/internal.ts",
  "engine/mod.ts",
  "engine/entries",
  "engine/api",
  "engine/runtime",
  "engine/monitoring",
  "engine/reporting",
  "engine/graph.ts",
  "engine/operators",
  "engine/functions",
  "engine/windows",
  "engine/time",
  "engine/state",
  "engine contracts",
];

/** The ways into the engine for the rooms above it: its public names, and what connectors and tools need beside them. */
const ENTRIES = ["engine/mod.ts", "engine/internal.ts"];

/** Rooms beside that line, and what they may import beside themselves. */
const BESIDE: Readonly<Record<string, readonly string[]>> = {
  // The demo and the package's tools start the dashboard; exercises are checked by the harnesses that a reader's own tests have.
  cli: ["lessons", "connectors", ...ENTRIES, "engine/testing", "models", "utils", "flink", "inspect", "dashboard"],
  // What tools and pages see of topics, commits and records.
  inspect: ["connectors", ...ENTRIES, "utils"],
  dashboard: ["cli", "inspect", "connectors", ...ENTRIES, "models", "utils"],
  flink: [...LINE, "models", "utils", "engine/sinks"],
  // What lessons share around their own work; lesson 5 has a room of its own.
  lesson: ["gen", "connectors", "engine/mod.ts", "models", "utils"],
  gen: ["connectors", "engine/mod.ts", "models", "utils"],
  models: [],
  // Flags and exit codes are made of the engine's tables of settings and error codes.
  utils: ["engine/internal.ts"],
  "job.ts": ["utils"],
  "engine/testing": from("engine/api"),
  "engine/sources": from("engine/time"),
  "engine/sinks": from("engine/time"),
};

/** Rooms of the line that may not import all that stands below them. */
const NARROWED: Readonly<Record<string, readonly string[]>> = {
  lessons: ["lesson", "gen", "connectors", "engine/mod.ts", "models", "utils"],
  connectors: ENTRIES,
};

/** Who may import a room beside the line. */
const USERS: Readonly<Record<string, readonly string[]>> = {
  // The environment and the streams make the simple ones themselves.
  "engine/sources": ["engine/api", "engine/entries"],
  "engine/sinks": ["engine/api", "engine/entries"],
};

/** Rooms that import nothing of ours but types, and from where. */
const TYPES_ONLY: Readonly<Record<string, readonly string[]>> = {
  models: ["connectors"],
  utils: ["connectors", ...ENTRIES],
};

/** Types that are taken from above, and why. */
const TYPES_FROM_ABOVE: readonly (readonly [from: string, to: string, why: string])[] = [
  ["engine/job_store.ts", "engine/state/changes.ts", "a store keeps what state calls a change, an entry and its text"],
];

/** Lessons that use a function of an earlier one, and why. */
const BUILDS_ON: readonly (readonly [later: string, earlier: string, why: string])[] = [
  ["s14_sink.ts", "s12_transformation.ts", "what is new is where the flights go; how they are made stands once"],
  ["s20_manage_state.ts", "s18_aggregation.ts", "watermarks are chosen where they are taught"],
];

/** Packages that one room alone may touch. */
const KEPT_APART: Readonly<Record<string, string>> = {
  kafkajs: "connectors/kafka/",
  "node:sqlite": "connectors/embedded/",
};

/** Rooms of connectors that are closed to one another, and the files that may enter them. */
const CLOSED = ["embedded", "files", "kafka"];
const DOORS = ["connectors/mod.ts", "connectors/open_broker.ts", "connectors/topics.ts"];

function from(room: string): readonly string[] {
  return LINE.slice(LINE.indexOf(room));
}

function roomOf(path: string): string | undefined {
  if (/^s\d\d_\w+\.ts$/.test(path)) return "lessons";
  if (/^lesson(\.ts$|\/)/.test(path)) return "lesson";
  if (/^(models\.ts$|samples\.ts$|models\/)/.test(path)) return "models";
  if (/^utils(\.ts$|\/)/.test(path)) return "utils";
  if (path === "job.ts" || /^engine\/(mod|internal|graph)\.ts$/.test(path)) return path;
  if (/^engine\/\w+\.ts$/.test(path)) return "engine contracts";
  const room = /^(engine\/\w+|\w+)\//.exec(path)?.[1];
  return room !== undefined && (LINE.includes(room) || room in BESIDE) ? room : undefined;
}

/** One sentence for each import that does not point down. */
export function findMisdirected(files: readonly SourceFile[]): string[] {
  const operators = new Set(
    files.filter(({ text }) => /^export class \w*Operator\b/m.test(text)).map(({ path }) => path),
  );
  return files.flatMap((file) => {
    if (roomOf(file.path) === undefined) return [`${file.path} stands in no room of the map`];
    const wrong = importsOf(file).flatMap((found) => {
      const why = whyNot(file.path, found, operators);
      return why === undefined ? [] : [`${file.path} imports ${found.to}: ${why}`];
    });
    if ((ENTRIES.includes(file.path) || file.path.startsWith("engine/entries/")) && !onlyReExports(file.text)) {
      wrong.push(`${file.path} does more than re-export`);
    }
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
  if (typeOnly && TYPES_ONLY[room]?.includes(target)) return undefined;
  if (typeOnly && TYPES_FROM_ABOVE.some(([from, above]) => from === path && above === to)) return undefined;
  if (room === target) return whyNotWithin(room, path, to, operators);
  const users = Object.keys(USERS).filter((name) => USERS[name]!.includes(room));
  const below = NARROWED[room] ?? BESIDE[room] ?? [...from(room), ...users];
  return below.includes(target) ? undefined : `${room} may not import ${target}`;
}

/** Between files of one room. */
function whyNotWithin(
  room: string,
  path: string,
  to: string,
  operators: ReadonlySet<string>,
): string | undefined {
  if (room === "lessons" && !BUILDS_ON.some(([later, earlier]) => later === path && earlier === to)) {
    return "lessons do not import one another";
  }
  if (room === "engine/operators" && operators.has(to)) return "operators do not import one another";
  if (room !== "connectors" || DOORS.includes(path)) return undefined;
  if (path.startsWith("connectors/records/") && to.startsWith("connectors/json/")) return "records know no JSON";
  const [mine, other] = [path, to].map((file) => /^connectors\/(\w+)\//.exec(file)?.[1]);
  return other === undefined || other === mine || !CLOSED.includes(other)
    ? undefined
    : `only ${DOORS.join(" and ")} may enter connectors/${other}`;
}

function onlyReExports(text: string): boolean {
  const code = text.replaceAll(/^\/\*\*.*?\*\/$|^\/\/.*$/gms, "");
  return code.replaceAll(/export\s+(type\s+)?(\*|\{[^}]*\})\s*from\s*"[^"]+";/g, "").trim() === "";
}
