/**
 * The documentation says what is so. Its code is run by `deno test --doc`, as part of `deno task test`; here is what no code
 * can say: that excerpts are those of the files, that names are public, that links lead somewhere.
 */
import { ERROR_CODES, type ErrorMeaning } from "../src/engine/error_codes.ts";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { HelpRequested, jobOptions, SHOWN_BY_ANOTHER, UsageError } from "../src/utils.ts";

const ROOT = new URL("../", import.meta.url);
const DOCS = ["docs/course.md", "docs/flink.md", "docs/cheatsheet.md"];
const RELIABILITY = "docs/reliability.md";
const ARCHITECTURE = "docs/architecture.md";
const MAP = "docs/map.md";
/** All that a reader is led to. */
const ALL = [
  ...[
    ...DOCS,
    RELIABILITY,
    ARCHITECTURE,
    MAP,
    "docs/operating.md",
    "docs/dashboard.md",
    "docs/records.md",
    "docs/recipes.md",
    "docs/scaling.md",
  ],
  ...["docs/dependencies.md", "CONTRIBUTING.md", "CHANGELOG.md", "README.md"],
];

const mayRead = Deno.permissions.querySync({ name: "read" }).state === "granted";

/** A test that reads the project's files. */
function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ name: mayRead ? name : `${name} (skipped: it needs to read files)`, ignore: !mayRead, fn });
}

function read(path: string): Promise<string> {
  return Deno.readTextFile(new URL(path, ROOT));
}

// ---------------------------------------------------------------------------------------------------------- the errors

test("errors.md describes each error code, with what follows from it, and no other", async () => {
  const page = await read("docs/errors.md");
  const described = [...page.matchAll(/^\| `([A-Z_]+)` +\| .*? +\| (.*?) +\| (.*?) +\|$/gm)].map((
    [, code, retry, exit],
  ) => [
    code!,
    { retry: retry!, exit: Number(exit) },
  ]);
  const expected = Object.entries<ErrorMeaning>(ERROR_CODES).map(([code, { retry, attempts, exitCode }]) => [code, {
    retry: attempts === undefined ? retry : `${retry}, ${attempts} times without a commit`,
    exit: exitCode ?? 1,
  }]);
  assertEquals(described, expected);
});

test("each class of errors has a code, but those that never leave their room", async () => {
  const inner = ["AllFailed", "PassingError", "ProducerFencedError", "ProtocolError", "Wrong"];
  const without: string[] = [];
  for (const [path, text] of await sources("src")) {
    for (const [, name, body] of text.matchAll(/^(?:export )?class (\w+) extends Error \{([^]*?)^\}/gm)) {
      const code = /readonly code(?:: ErrorCode)? = "(\w+)"/.exec(body!)?.[1];
      if (inner.includes(name!) ? code !== undefined : code === undefined || !Object.hasOwn(ERROR_CODES, code)) {
        without.push(`${path}: ${name} ${code}`);
      }
    }
  }
  assertEquals(without, []);
});

async function sources(folder: string): Promise<[path: string, text: string][]> {
  const found: [string, string][] = [];
  for await (const { name, isDirectory } of Deno.readDir(new URL(folder, ROOT))) {
    const path = `${folder}/${name}`;
    if (isDirectory) found.push(...await sources(path));
    else if (name.endsWith(".ts")) found.push([path, await read(path)]);
  }
  return found;
}

// ---------------------------------------------------------------------------------------------------------- the course

interface Lesson {
  readonly title: string;
  /** The first link to a lesson's file: "src/s04_intro.ts". */
  readonly file: string | undefined;
  readonly text: string;
  readonly code: readonly CodeBlock[];
}

interface CodeBlock {
  /** What follows the fence: "ts", "ts ignore". */
  readonly kind: string;
  readonly text: string;
}

function lessonsOf(markdown: string): Lesson[] {
  return markdown.split(/^## /m).filter((section) => section.startsWith("Lesson ")).map((text) => ({
    title: text.slice(0, text.indexOf("\n")),
    file: /\]\(\.\.\/(src\/s\d\d_\w+\.ts)\)/.exec(text)?.[1],
    text,
    code: codeOf(text),
  }));
}

function codeOf(markdown: string): CodeBlock[] {
  return [...markdown.matchAll(/^```(.+)\n([^]*?)^```$/gm)].map(([, kind, text]) => ({ kind: kind!, text: text! }));
}

/** Pieces of an excerpt, which `// …` keeps apart, that do not stand line by line in the file; blanks aside. */
function inventedIn(excerpt: string, file: string): string[] {
  const bare = (text: string) => `\n${text.split("\n").map((line) => line.trim()).join("\n").trim()}\n`;
  return excerpt.split(/^\s*\/\/ …$/m).filter((piece) => !bare(file).includes(bare(piece)));
}

test("course.md walks through all lessons in order", async () => {
  const files: string[] = [];
  for await (const { name } of Deno.readDir(new URL("src/", ROOT))) if (/^s\d\d_/.test(name)) files.push(`src/${name}`);
  const lessons = lessonsOf(await read(DOCS[0]!));
  assertEquals(lessons.map(({ file }) => file).toSorted(), files.sort());

  const numbers = lessons.map(({ title }) => Number(/\d+/.exec(title)));
  assertEquals(numbers, numbers.toSorted((a, b) => a - b));
  assertEquals(lessons.map(({ file }) => Number(file!.slice(5, 7))), numbers);
});

test("course.md shows of each lesson what stands in its file, and how to run it", async () => {
  const { tasks } = JSON.parse(await read("deno.json"));
  for (const { title, file, text, code } of lessonsOf(await read(DOCS[0]!))) {
    const excerpts = code.filter(({ kind }) => kind === "ts ignore");
    assert(excerpts.length > 0, title);
    const source = await read(file!);
    for (const excerpt of excerpts) assertEquals(inventedIn(excerpt.text, source), [], title);

    const task = /`deno task ([\w:]+)/.exec(text)?.[1];
    assert(tasks[task ?? ""]?.command.endsWith(` ${file}`), `${title}: ${task}`);
  }
});

test("course.md has an exercise for each lesson, with a solution that is run", async () => {
  for (const { title, text, code } of lessonsOf(await read(DOCS[0]!))) {
    assertEquals([...text.matchAll(/^\*\*Try it:\*\*/gm)].length, 1, title);
    assertEquals([...text.matchAll(/^<details>$/gm)].length, 1, title);
    const solution = codeOf(text.slice(text.indexOf("<details>"), text.indexOf("</details>")));
    assertEquals(solution.map(({ kind }) => kind), ["ts"], title);
    assert(solution[0]!.text.includes("assertEquals("), title);
    assert(code.every(({ kind }) => kind === "ts" || kind === "ts ignore"), title);
  }
});

test("flink.md, cheatsheet.md and architecture.md have no code that is not run", async () => {
  for (const path of [...DOCS.slice(1), ARCHITECTURE]) {
    assertEquals(codeOf(await read(path)).filter(({ kind }) => kind !== "ts"), [], path);
  }
});

Deno.test("inventedIn() finds what does not stand in a file as it is", () => {
  const file = "a();\n  if (b) {\n    c();\n  }\n";
  assertEquals(inventedIn("if (b) {\n  c();\n}\n", file), []);
  assertEquals(inventedIn("a();\n// …\n  c();\n", file), []);
  assertEquals(inventedIn("a();\nc();\n", file), ["a();\nc();\n"]);
  assertEquals(inventedIn("if (b\n", file), ["if (b\n"]);
});

// ---------------------------------------------------------------------------------------------------------- the README

test("README.md is short, and shows code before it explains", async () => {
  const lines = (await read("README.md")).split("\n");
  assert(lines.length <= 131, `README.md has ${lines.length - 1} lines; what a newcomer does not need stands in docs/`);
  const first = lines.findIndex((line) => line === "```ts") + 1;
  assert(first > 0 && first <= 30, `the first TypeScript is in line ${first}`);
});

test("README.md has a row for each lesson, and the command that CI runs", async () => {
  const readme = await read("README.md");
  const { tasks } = JSON.parse(await read("deno.json"));
  const rows = [...readme.matchAll(/^\| +(\d+) +\| `deno task (\w+)(?: --\w+)?` +\| (.*?) \|/gm)];
  const files = rows.flatMap(([, number, task, links]) =>
    [...links!.matchAll(/\]\((src\/s(\d\d)_\w+\.ts)\)/g)].map(([, file, lesson]) => {
      assertEquals(Number(lesson), Number(number), file);
      const { command } = tasks[task!];
      assert(command.endsWith(file!) || command.includes(`task -q ${task}:`), `${task} runs ${file}`);
      return file!;
    })
  );
  const found: string[] = [];
  for await (const { name } of Deno.readDir(new URL("src/", ROOT))) if (/^s\d\d_/.test(name)) found.push(`src/${name}`);
  assertEquals(files.toSorted(), found.sort());
  assert(readme.includes("npx -y deno@2.9.6 task test") && (await read(".ci/run")).includes("deno@2.9.6 task test"));
});

/** So that programs also ask for what they read only beside another. */
const SETTINGS: Readonly<Record<string, string>> = {
  BOOTSTRAP_SERVERS: "host:1",
  KAFKA_SSL: "true",
  KAFKA_SASL_MECHANISM: "plain",
  KAFKA_SASL_USERNAME: "user",
};

test("operating.md names every flag of a job, and every variable that its settings are read from", async () => {
  const operating = await read("docs/operating.md");
  const asked = new Set<string>();
  const env = {
    get(name: string): string | undefined {
      asked.add(name);
      return SETTINGS[name];
    },
  };
  const { message: help } = assertThrows(() => jobOptions("job", ["--help"], { env }), HelpRequested);
  const flags = [...help.matchAll(/^ +(--[\w-]+)/gm)].map(([, flag]) => flag!);
  assert(flags.length > 10, String(flags));
  assertEquals(flags.filter((flag) => !operating.includes(`\`${flag}\``)), []);
  try {
    jobOptions("job", [], { env });
  } catch (error) {
    if (!(error instanceof UsageError)) throw error; // there is no password
  }
  assert(asked.size > 8, [...asked].join());
  // That one is between programs: nobody sets it by hand.
  const forPeople = [...asked].filter((name) => name !== SHOWN_BY_ANOTHER);
  assertEquals(forPeople.filter((name) => !operating.includes(`\`${name}\``)), []);
});

// ----------------------------------------------------------------------------------------------------------- the names

/** What the packages' modules export. */
async function publicNames(): Promise<Set<string>> {
  const { exports } = JSON.parse(await read("deno.json")) as { exports: Record<string, string> };
  const names = new Set<string>();
  for (const path of [...Object.values(exports), "src/connectors/files/mod.ts"]) {
    for (const [, listed] of (await read(path)).matchAll(/^export (?:type )?\{([^}]*)\}/gm)) {
      for (const name of listed!.split(",")) names.add(name.replace(/^\s*type\s/, "").trim());
    }
  }
  return names;
}

/** All that is written in rooms with public names. */
async function sourceText(dir: URL): Promise<string> {
  let text = "";
  for await (const { name, isDirectory } of Deno.readDir(dir)) {
    if (isDirectory) text += await sourceText(new URL(`${name}/`, dir));
    else if (name.endsWith(".ts")) text += await Deno.readTextFile(new URL(name, dir));
  }
  return text;
}

/** Rows of the tables: what is claimed to be here, and what it is in Flink. */
function rowsOf(markdown: string): { flink: string; here: string }[] {
  return [...markdown.matchAll(/^\| (.*?) \| (.*?) \| .* \|$/gm)]
    .map(([, flink, here]) => ({ flink: flink!, here: here! }))
    .filter(({ flink }) => flink.trim() !== "Flink" && !flink.startsWith("---"));
}

/** Words of code: names of classes, and of methods with the parenthesis behind them. */
function namesIn(cell: string): string[] {
  const code = [...cell.matchAll(/`([^`]+)`/g)].map(([, text]) => text!).join(" ");
  return [...code.matchAll(/(?<!["\w])([A-Z][a-z]\w+|\.?[a-z]\w+\()/g)].map(([name]) => name.replace(".", ""));
}

test("flink.md names nothing in its middle column that is not there", async () => {
  const exported = await publicNames();
  const source = await sourceText(new URL("src/engine/", ROOT)) + await sourceText(new URL("src/connectors/", ROOT));
  const rows = rowsOf(await read("docs/flink.md"));
  assert(rows.length > 70, String(rows.length));
  const missing = rows.flatMap(({ flink, here }) =>
    namesIn(here.trimStart().startsWith("the same") ? `${flink} ${here}` : here)
  ).filter((name) => /^[A-Z]/.test(name) ? !exported.has(name) && !BUILT_IN.has(name) : !isMethod(name, source));
  assertEquals(missing, []);
});

const BUILT_IN = new Set(["Number"]);

/** Whether a function or member of that name is declared. */
function isMethod(name: string, source: string): boolean {
  const words = "(?:(?:static|abstract|override|readonly|async|function) )*";
  return new RegExp(`^\\s*${words}${name.slice(0, -1)}[(<?:]`, "m").test(source);
}

test("the documentation names tasks that there are", async () => {
  const { tasks } = JSON.parse(await read("deno.json"));
  for (const path of ALL) {
    const named = [...(await read(path)).matchAll(/deno task ([a-z][\w-]*(?::\w+)?)/g)].map(([, task]) => task!);
    // "start" runs the job of a project that "new" has made.
    assertEquals(named.filter((task) => task !== "start" && !Object.hasOwn(tasks, task)), [], path);
  }
});

test("reliability.md shows each promise by a command, whose tests and variables there are", async () => {
  const sections = (await read(RELIABILITY)).split(/^## /m).slice(1);
  const promises = sections.filter((section) => !section.startsWith("What is not promised"));
  assert(promises.length > 6, String(promises.length));
  for (const section of promises) {
    const title = section.slice(0, section.indexOf("\n"));
    const commands = [...section.matchAll(/`((?:[A-Z_]+=\S+ )?deno task [^`]+)`/g)].map(([, command]) => command!);
    const shown = commands.filter((command) => / test tests\/| chaos /.test(command));
    assert(shown.length > 0, title);
    for (const command of shown) {
      const paths = command.split(" ").filter((word) => word.startsWith("tests/"));
      for (const path of paths) await Deno.stat(new URL(path, ROOT));
      const variable = /^([A-Z_]+)=/.exec(command)?.[1];
      if (variable !== undefined) assert((await read(paths[0]!)).includes(`"${variable}"`), command);
    }
  }
});

// ----------------------------------------------------------------------------------------------------------- the links

/** As GitHub makes them of headings. */
function anchorsOf(markdown: string): Set<string> {
  const headings = [...markdown.replaceAll(/^```[^]*?^```$/gm, "").matchAll(/^#+ (.*)$/gm)];
  return new Set(headings.map(([, text]) => text!.toLowerCase().replaceAll(/[^\w\- ]/g, "").replaceAll(" ", "-")));
}

test("map.md leads to files that have what they are named for", async () => {
  const rows = [...(await read(MAP)).matchAll(/^\|.*\]\(\.\.\/(src\/[^)]+)\).*`(\w+)`.*\|$/gm)];
  assert(rows.length >= 10);
  for (const [, file, name] of rows) {
    const code = (await read(file!)).replaceAll(/\/\*\*[^]*?\*\/|^\s*\/\/.*$/gm, "");
    // Declared there: a function, class, type or method, not a use of one.
    const declared = new RegExp(`\\b(function|class|interface|const) ${name}\\b|^  (async )?#?${name}\\(`, "m");
    assert(declared.test(code), `${file} has no ${name}`);
  }
});

test("CONTRIBUTING.md has a line for every room", async () => {
  const map = /^```text\n([^]*?)^```$/m.exec(await read("CONTRIBUTING.md"))![1]!;
  const missing: string[] = [];
  for (const dir of ["", "src/", "src/engine/", "src/connectors/"]) {
    for await (const { name, isDirectory } of Deno.readDir(new URL(dir, ROOT))) {
      if (isDirectory && !name.startsWith(".") && !new RegExp(`(^|\\s)${name}/`, "m").test(map)) {
        missing.push(dir + name);
      }
    }
  }
  assertEquals(missing.filter((name) => !["node_modules", "target"].includes(name)), []);
});

test("links of the documentation lead somewhere", async () => {
  const broken: string[] = [];
  for (const path of ALL) {
    const text = (await read(path)).replaceAll(/^```[^]*?^```$/gm, "");
    for (const [, link] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(link!)) continue;
      const [file, anchor] = link!.split("#") as [string, string?];
      const target = new URL(file === "" ? "" : file, new URL(path, ROOT));
      try {
        const { isFile } = await Deno.stat(target);
        const anchors = isFile && anchor !== undefined ? anchorsOf(await Deno.readTextFile(target)) : undefined;
        if (anchors?.has(anchor!) === false) broken.push(`${path}: ${link}`);
      } catch {
        broken.push(`${path}: ${link}`);
      }
    }
  }
  assertEquals(broken, []);
});
