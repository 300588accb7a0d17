/**
 * `deno task new DIR`: makes a project with a job of its own, which needs nothing of this folder but the package.
 *
 * It asks nothing and overwrites nothing. The files are those of `new/project/`, which are checked and tested here as they are.
 */
import { basename, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { V8_FLAGS } from "../inspect/run_flags.ts";
import { parseFlags, runMain, UsageError, writeErrorLine } from "../utils.ts";
import { ROOT } from "../utils/task.ts";

/** Flags of the program that every task runs with. */
const RUN_FLAGS = [
  V8_FLAGS,
  "--no-prompt",
  "--preload=@stream-apps/deno/early-signals",
  "--allow-net",
  "--allow-env=BOOTSTRAP_SERVERS,BROKER*,KAFKA*,LOG_*,TERM",
  "--allow-read",
  "--allow-write",
];
/** The package's own tasks that a project has too, and what they are started with there. */
const TOOLS: Readonly<Record<string, string>> = {
  dev: "main.ts",
  jobs: "",
  top: "",
  dashboard: "",
  follow: "--job main.ts",
  topics: "",
  state: "",
  "dead-letters": "",
  build: "main.ts",
};
/** Those that start Deno again, for the job. */
const STARTING = ["dev", "follow", "build"];
const TEXTS = ["main.ts", "main_test.ts", "orders.jsonl", "README.md", "Dockerfile"];
/** The package's own imports that a project has too, in the same versions. */
const SHARED_IMPORTS = ["@std/assert", "zod"];

/**
 * Makes the project and logs what to do next.
 * @throws {UsageError} if the arguments are wrong, or something is in the folder
 */
export async function newProject(args: readonly string[]): Promise<void> {
  const { _: [given] } = parseFlags(args, {}, {
    command: "deno task new",
    positionals: ["DIR"],
    describe: "Makes a project in the new folder DIR: a job with flags, its test, tasks, a Dockerfile, a README.",
  });
  const dir = resolve(given!);
  if (!await isEmpty(dir)) {
    throw new UsageError(`Cannot make a project in "${given}": it is there and not empty; name a new folder`);
  }
  const files = await filesOf(dir);
  await Deno.mkdir(dir, { recursive: true });
  for (const [name, text] of files) await Deno.writeTextFile(resolve(dir, name), text);
  writeErrorLine(`Made ${given}: ${files.map(([name]) => name).join(", ")}`);
  writeErrorLine(`Go on with: cd ${given} && deno task test; README.md has the next steps`);
}

async function isEmpty(dir: string): Promise<boolean> {
  try {
    for await (const _entry of Deno.readDir(dir)) return false;
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return true;
    if (error instanceof Deno.errors.NotADirectory) return false;
    throw error;
  }
}

async function filesOf(dir: string): Promise<[name: string, text: string][]> {
  const name = projectName(dir);
  // From a registry the package needs no link.
  const link = ROOT.protocol === "file:" ? relative(dir, fileURLToPath(ROOT)).replaceAll("\\", "/") : undefined;
  const words: Readonly<Record<string, string>> = {
    NAME: name,
    DOCKER_BUILD: `docker build ${link === undefined ? "" : `--build-context package=${link} `}-t ${name} .`,
    RUN_FLAGS: RUN_FLAGS.filter((flag) => flag !== "--allow-write").join('", "'),
  };
  const texts = await Promise.all(TEXTS.map(async (file): Promise<[string, string]> => {
    const text = await (await fetch(new URL(`./new/project/${file}`, import.meta.url))).text();
    const filled = text.replaceAll(/\b(NAME|DOCKER_BUILD|RUN_FLAGS)\b/g, (word) => words[word]!);
    return [file, file === "Dockerfile" && link !== undefined ? withLink(filled, link) : filled];
  }));
  return [["deno.json", `${JSON.stringify(await settingsOf(link), null, 2)}\n`], ...texts, [
    ".gitignore",
    ".broker/\n",
  ]];
}

/** The folder's name, as Docker takes it for an image. */
function projectName(dir: string): string {
  return basename(dir).toLowerCase().replaceAll(/[^a-z0-9]+/g, "-").replaceAll(/^-|-$/g, "") || "job";
}

/** A package that lies beside the project comes into the image from a second build context. */
function withLink(dockerfile: string, link: string): string {
  return dockerfile.replace(
    "RUN deno install",
    `COPY --from=package deno.json /package/deno.json\nCOPY --from=package src /package/src\n` +
      `RUN sed -i 's#"${link}"#"/package"#' deno.json\nRUN deno install`,
  );
}

/** The project's deno.json. */
async function settingsOf(link: string | undefined): Promise<unknown> {
  const { name, version, tasks, imports, compilerOptions } = await (await fetch(new URL("deno.json", ROOT))).json();
  const run = ["deno run", ...RUN_FLAGS].join(" ");
  const tools = Object.entries(TOOLS).map(([tool, args]) => {
    const flags = STARTING.includes(tool) ? `${run} --allow-run` : run;
    return [tool, {
      description: tasks[tool].description,
      command: `${flags} ${name}/tools ${tool} ${args}`.trimEnd(),
    }];
  });
  return {
    tasks: {
      start: { description: "Runs the job", command: `${run} main.ts` },
      test: { description: "Checks types, and tests the job without a broker", command: "deno test" },
      ...Object.fromEntries(tools),
    },
    ...(link !== undefined && { links: [link] }),
    imports: {
      [name]: `jsr:${name}@${version.replace(/\.\d+$/, "")}`,
      ...Object.fromEntries(SHARED_IMPORTS.map((each) => [each, imports[each]])),
    },
    compilerOptions,
  };
}

if (import.meta.main) await runMain(() => newProject(Deno.args));
