/** Versions of lesson 20 that are saved one after the other: some go on from the commit of the one before, others do not fit. */
import { fileURLToPath } from "node:url";
import { ROOT } from "../../src/utils/task.ts";

/** Where the copy reads and writes. */
export interface CopyPlace {
  readonly job: string;
  readonly input: string;
  readonly output: string;
}

/** What versions that fit have changed so far. */
export interface Changes {
  /** Number of the edit that has put a map of its own into the job; 0: none has. */
  readonly map: number;
  /** Number of the edit that last changed the window function. */
  readonly windowFunction: number;
  /** Version of the state "total"; each converts what the one before has stored. */
  readonly stateVersion: number;
}

/** Nothing is changed. */
export const UNCHANGED: Changes = { map: 0, windowFunction: 0, stateVersion: 1 };

/** A kind of edit. */
export interface Edit {
  /** "a new map" */
  readonly name: string;
  /** What the new version has changed; the same as before if it does not fit. */
  readonly changes: (before: Changes, number: number) => Changes;
  /** Breaks the text. */
  readonly breaks?: (text: string, number: number) => string;
  /** Whether it fails at its first record only, when it has taken over. */
  readonly fails?: true;
  /** What must be reported of it. */
  readonly report: (number: number) => string;
}

const same = (before: Changes) => before;

/** All kinds, in the order in which they are made, again and again. */
export const EDITS: readonly Edit[] = [
  {
    name: "a new map",
    changes: (before, map) => ({ ...before, map }),
    report: (number) => `"edit_${number}"`,
  },
  {
    name: "a syntax error",
    changes: same,
    breaks: (text) => `${text}\nconst = 1;\n`,
    report: () => "refused: SyntaxError: ",
  },
  {
    name: "another window function",
    changes: (before, windowFunction) => ({ ...before, windowFunction }),
    report: () => 'the function of window reduce "user_statistics" has changed',
  },
  {
    name: "a type error",
    changes: same,
    breaks: (text) => replaced(text, "const total = ", "const total: number = "),
    report: () => "refused: TS2322: ",
  },
  {
    name: "an operator with state that is gone",
    changes: same,
    breaks: (text) => replaced(text, '.name("user_statistics")', '.name("others")'),
    report: () => 'refused: Cannot restore job "',
  },
  {
    name: "windows of another size",
    changes: same,
    breaks: (text) => replaced(text, ".of(windowMs)", ".of(2 * windowMs)"),
    report: () => 'refused: Cannot restore "user_statistics": its state was written with ',
  },
  {
    name: "a state of another version",
    changes: same,
    breaks: (text) =>
      text.replace(
        /ValueStateDescriptor<UserStatistics>\("total".*\)/,
        'ValueStateDescriptor<UserStatistics>("total", { version: 99 })',
      ),
    report: () => 'refused: Cannot restore state "total" of "user_statistics": ',
  },
  {
    name: "a state of another version, which converts the old one",
    changes: (before) => ({ ...before, stateVersion: before.stateVersion + 1 }),
    report: () => 'state "total" of "user_statistics" is version ',
  },
  {
    name: "an exception in defineWorkflow()",
    changes: same,
    breaks: (text, number) =>
      replaced(
        text,
        "  return flights.map(",
        `  if (windowMs > 0) throw new Error("edit ${number}");\n  return flights.map(`,
      ),
    report: (number) => `refused: edit ${number}, at `,
  },
  {
    name: "a map that throws",
    changes: same,
    breaks: (text, number) =>
      replaced(
        text,
        "flights.map(statisticsFromFlight)",
        `flights.map((flight) => {\n    if (windowMs > 0) throw new Error("edit ${number}");\n    return statisticsFromFlight(flight);\n  })`,
      ),
    fails: true,
    report: () => "refused: the new version has failed: ",
  },
];

/** The lesson with those changes. */
export async function versionOf(
  { map, windowFunction, stateVersion }: Changes,
  { job, input, output }: CopyPlace,
): Promise<string> {
  const path = fileURLToPath(new URL("src/s20_manage_state.ts", ROOT));
  let text = await Deno.readTextFile(path);
  text = text.replaceAll('from "./', `from "${new URL("src/", ROOT).href}`);
  text = replaced(text, 'lessonOptions("user_statistics"', `lessonOptions("${job}"`);
  text = replaced(text, "broker.source(FLIGHTDATA)", `broker.source({ ...FLIGHTDATA, name: "${input}" })`);
  text = replaced(text, "broker.sink(USERSTATISTICS)", `broker.sink({ ...USERSTATISTICS, name: "${output}" })`);
  if (map > 0) {
    text = replaced(text, "    .keyBy(", `    .map((each) => ({ ...each })).name("edit_${map}")\n    .keyBy(`);
  }
  if (stateVersion > 1) {
    const options = `{ version: ${stateVersion}, migrate: (old) => ({ ...(old as UserStatistics) }) }`;
    text = replaced(text, '("total")', `("total", ${options})`);
  }
  return replaced(text, "      out.collect(total);", `      if (${windowFunction} >= 0) out.collect(total);`);
}

function replaced(text: string, part: string, by: string): string {
  if (!text.includes(part)) throw new Error(`Lesson 20 has no ${part} that could be edited`);
  return text.replace(part, by);
}

/** The settings of a folder in which the copy is checked and run as in the project. */
export async function settingsOfCopy(): Promise<string> {
  const { imports, compilerOptions } = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));
  return JSON.stringify({ imports, compilerOptions, nodeModulesDir: "none", lock: false });
}
