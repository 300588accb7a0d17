/**
 * A project that `deno task new DIR` has made, in a folder that knows nothing of this one: the steps of its README and no
 * others, with the words of this project's own programs where something is mistyped.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { argumentsOf } from "../../src/utils/task.ts";
import { embeddedBroker, type Ended, forEachBroker, mayRunPrograms, Program, type TestBroker } from "./programs.ts";

const windows = Deno.build.os === "windows";
let projects = 0;

/** A new project. Its topics and job have names of their own at a broker that outlives the test. */
class Project implements AsyncDisposable {
  readonly id = `${Date.now().toString(36)}_${Deno.pid}_${++projects}`;
  readonly dir: string;
  readonly #parent: string;
  readonly #broker: TestBroker;

  private constructor(parent: string, broker: TestBroker) {
    this.#parent = parent;
    this.dir = join(parent, "order-totals");
    this.#broker = broker;
  }

  static async make(broker: TestBroker): Promise<Project> {
    const project = new Project(await Deno.makeTempDir(), broker);
    const made = await command([...argumentsOf("new"), project.dir], { cwd: new URL("../../", import.meta.url) }).ended;
    assertEquals([made.code, made.stdout], [0, ""], made.stderr);
    const { dir, id } = project;
    for (const file of ["main.ts", "README.md"]) {
      await replace(join(dir, file), /\b(orders|totals|order_totals)\b(?!\.jsonl)/g, `$1_${id}`);
    }
    return project;
  }

  /** Runs a line of a shell, with Deno under its name. Standard input is empty: what asks for something gets no answer. */
  sh(line: string): Promise<Ended> {
    const path = `${dirname(Deno.execPath())}:${Deno.env.get("PATH")}`;
    return command(["-c", line], { program: "sh", cwd: this.dir, env: { PATH: path, ...this.#broker.env } }).ended;
  }

  /** Starts a task and leaves it running. */
  start(args: readonly string[]): Program {
    const path = `${dirname(Deno.execPath())}:${Deno.env.get("PATH")}`;
    const words = [...this.#tasks[args[0]!]!.split(" ").slice(1), ...args.slice(1)];
    return command(words, { cwd: this.dir, env: { PATH: path, ...this.#broker.env } });
  }

  /** The commands of its tasks. */
  get #tasks(): Record<string, string> {
    const { tasks } = JSON.parse(Deno.readTextFileSync(join(this.dir, "deno.json")));
    return Object.fromEntries(Object.entries<{ command: string }>(tasks).map(([name, { command }]) => [name, command]));
  }

  /** The lines of the README's first block of commands. */
  async steps(): Promise<string[]> {
    const readme = await Deno.readTextFile(join(this.dir, "README.md"));
    return /^```sh\n([^]*?)^```$/m.exec(readme)![1]!.trim().split("\n");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.sh(`deno task topics delete orders_${this.id} totals_${this.id}`);
    await this.sh(`deno task state order_totals_${this.id} reset --yes`);
    await Deno.remove(this.#parent, { recursive: true });
  }
}

function command(
  args: readonly string[],
  { program = Deno.execPath(), cwd, env }: { program?: string; cwd: string | URL; env?: Record<string, string> },
): Program {
  const clean = { LOG_LEVEL: "", BOOTSTRAP_SERVERS: "", BROKER: "", BROKER_DIR: "", NO_COLOR: "1" };
  const options = { args: [...args], cwd, env: { ...clean, ...env } };
  const child = new Deno.Command(program, { ...options, stdin: "null", stdout: "piped", stderr: "piped" }).spawn();
  return new Program(child, undefined);
}

async function replace(file: string, pattern: RegExp | string, by: string): Promise<void> {
  await Deno.writeTextFile(file, (await Deno.readTextFile(file)).replaceAll(pattern, by));
}

forEachBroker("A new project does what its README has, step by step", async (broker) => {
  if (windows) return;
  await using project = await Project.make(broker);
  const steps = await project.steps();
  assert(steps.length >= 5, steps.join("\n"));
  let last: Ended | undefined;
  for (const step of steps) {
    last = await project.sh(step);
    assertEquals(last.code, 0, `${step}\n${last.stdout}\n${last.stderr}`);
    if (step === "deno task test") assertStringIncludes(last.stdout, "1 passed");
  }
  const values = last!.stdout.trim().split("\n").map((line) => line.split("\t").at(-1));
  assertEquals(values.sort(), [
    '{"customer":"ann","cents":50}',
    '{"customer":"ann","cents":700}',
    '{"customer":"ben","cents":100}',
  ]);
});

forEachBroker("A new project's mistakes are reported in one sentence, as a lesson's are", async (broker) => {
  if (windows) return;
  await using project = await Project.make(broker);
  const topic = `orders_${project.id}`;
  const errorOf = async (line: string, code: number) => {
    const ended = await project.sh(line);
    assertEquals(ended.code, code, ended.stderr);
    return ended.stderr.trim().split("\n").at(-1)!;
  };

  assertEquals(
    await errorOf("deno task start --bouned", 2),
    [
      "error: Unknown flag --bouned.",
      "Did you mean --bounded? --help lists all flags",
    ].join(" "),
  );
  assertEquals(
    await errorOf("deno task start --bounded --from earliest", 1),
    `error: Cannot open topic "${topic}": it does not exist; ` +
      'see "deno task topics list", or create it with "deno task topics create"',
  );
  assertEquals((await project.sh(`deno task topics create ${topic} totals_${project.id}`)).code, 0);
  assertStringIncludes(await errorOf(`deno task topics read ${topic.slice(0, -1)}`, 1), `did you mean "${topic}"`);
  assertEquals(
    await errorOf("deno task state order_totals lst", 2),
    'error: Unknown command "lst": did you mean list?',
  );

  // A schema that does not fit the records: each becomes a dead letter, and the job reports it.
  assertEquals((await project.sh(`deno task topics write ${topic} < orders.jsonl`)).code, 0);
  await replace(join(project.dir, "main.ts"), "cents: z.int()", "cents: z.string()");
  await replace(join(project.dir, "main.ts"), `.sum("cents")`, ".reduce((_, next) => next)");
  const mistyped = await project.sh("deno task start --bounded --from earliest");
  assertEquals(mistyped.code, 1, mistyped.stderr);
  const decoding = `Cannot decode "${topic}" partition `;
  assertStringIncludes(mistyped.stderr, decoding);
  assertStringIncludes(mistyped.stderr, 'field "cents" is 300: expected string, received number; kept in "');
  assertStringIncludes(mistyped.stderr, "it read 4 records and could process none");
  const letters = await project.sh(`deno task dead-letters order_totals_${project.id} list`);
  assertEquals(letters.stdout.trim().split("\n").length >= 4, true, letters.stdout + letters.stderr);
});

/** Registers a test on the embedded log alone: what it is about does not depend on the broker. */
function embeddedTest(name: string, test: (broker: TestBroker) => Promise<void>): void {
  Deno.test({
    name,
    ignore: windows || !mayRunPrograms(),
    async fn() {
      const dir = await Deno.makeTempDir();
      try {
        await test(embeddedBroker(dir));
      } finally {
        await Deno.remove(dir, { recursive: true });
      }
    },
  });
}

/** Each tool, and what it is asked for help with. */
const HELPFUL = [
  ...["jobs", "top", "dashboard", "follow", "dev", "build", "flink", "topics", "state JOB", "dead-letters JOB"],
  ...["topics read", "state JOB list", "dead-letters JOB list", "flink run", "flink up", "new"],
];

embeddedTest("Help and errors of the tools name commands that the project has", async (broker) => {
  await using project = await Project.make(broker);
  const config = join(project.dir, "deno.json");
  const { tasks } = JSON.parse(await Deno.readTextFile(config));
  const known = new Set(Object.keys(tasks));
  const texts = await Promise.all(HELPFUL.map(async (tool) => {
    const { code, stdout, stderr } = await project.sh(`deno run -A @stream-apps/deno/tools ${tool} --help`);
    assertEquals([code, stderr], [0, ""], tool);
    return stdout;
  }));
  for (const [index, text] of texts.entries()) {
    assertStringIncludes(text, "Usage: deno ", HELPFUL[index]);
    const unknown = [...text.matchAll(/deno task ([\w-]+)/g)].map(([, task]) => task!).filter((task) =>
      !known.has(task)
    );
    assertEquals(unknown, [], `${HELPFUL[index]}: ${text}`);
  }

  // Without tasks of its own a project starts them by the package's name.
  await replace(config, '"state": {', '"other": {');
  const { stdout } = await project.sh("deno run -A @stream-apps/deno/tools state JOB list --help");
  assertStringIncludes(stdout, "Usage: deno run -A @stream-apps/deno/tools state JOB list");
  const { stderr } = await project.sh("deno run -A @stream-apps/deno/tools state list JOB");
  assertEquals(stderr.trim(), "error: The job comes first: deno run -A @stream-apps/deno/tools state JOB list");
  assertEquals(
    (await project.sh("deno run -A @stream-apps/deno/tools follow orders 0 0")).stderr.trim(),
    "error: Which job? Its file is missing: --job FILE, once for each job",
  );
});

embeddedTest(
  "A new project's job goes on in a new version, a record is followed through it, and it is built",
  async (broker) => {
    await using project = await Project.make(broker);
    const [orders, totals] = [`orders_${project.id}`, `totals_${project.id}`];
    assertEquals((await project.sh(`deno task topics create ${orders} ${totals}`)).code, 0);
    assertEquals((await project.sh(`deno task topics write ${orders} < orders.jsonl`)).code, 0);
    {
      await using dev = project.start(["dev", "--from", "earliest", "--reset"]);
      await dev.says(new RegExp(`dev: order_totals_${project.id} runs`), 120_000);
      await replace(join(project.dir, "main.ts"), '.name("total")', '.name("sum")');
      await dev.says(
        /refused: .* holds state of "total", which the job no longer has.*; the version before goes on/,
        120_000,
      );
      await replace(join(project.dir, "main.ts"), '.name("sum")', '.name("total").filter(({ cents }) => cents > 0)');
      await dev.says(/dev: filter is new, behind total[^]*goes on in the new version/, 120_000);
      dev.kill("SIGINT");
      assertEquals((await dev.ended).code, 130, dev.stderr);
    }
    const followed = await project.sh(`deno task follow ${orders} --key ben`);
    assertStringIncludes(followed.stdout, "total", followed.stderr);
    assertEquals(followed.code, 0, followed.stderr);

    // It was reset once, not by each version: no total is there twice when its windows have closed.
    const ended = await project.sh("deno task start --bounded");
    assertEquals(ended.code, 0, ended.stderr);
    const written = await project.sh(`deno task topics read ${totals} --bounded`);
    assertEquals(
      written.stdout.match(/"cents":\d+/g)?.sort(),
      ['"cents":100', '"cents":50', '"cents":700'],
      written.stdout,
    );

    const again = "--bounded --reset --from earliest --print";
    const built = await project.sh(`deno task build --bundle -o made/job && cd made && ./job ${again}`);
    assertEquals(built.code, 0, built.stderr);
    assertStringIncludes(built.stdout, '{"customer":"ann","cents":50}', built.stderr);
  },
);

embeddedTest("A new project's job is bundled and described for a Flink cluster", async (broker) => {
  const { prepareJob } = await import("../../src/cli/flink/submit.ts");
  await using project = await Project.make(broker);
  const { plan } = await prepareJob({
    file: join(project.dir, "main.ts"),
    arguments: [],
    parallelism: 1,
    order: "topics",
    root: fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, ""),
    environment: { HOME: Deno.env.get("HOME") ?? "/tmp", BOOTSTRAP_SERVERS: "kafka:9092" },
    passedOn: [],
    answerWithinMs: 60_000,
  });
  assertEquals(plan.stages.map(({ name }) => name).slice(1), ["total"]);
});

Deno.test("new refuses a folder that is not empty", async () => {
  const { newProject } = await import("../../src/cli/new.ts");
  const dir = new URL("../../src", import.meta.url).pathname;
  const error = await newProject([dir]).catch((error) => error);
  assertEquals(error.message, `Cannot make a project in "${dir}": it is there and not empty; name a new folder`);
});
