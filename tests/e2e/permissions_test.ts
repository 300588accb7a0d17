/** What programs may do: as much as they need, which is shown by running them, and no more. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { parse } from "@std/yaml";
import { argumentsOf, ROOT } from "../../src/utils/task.ts";
import { embeddedBroker, kafkaBroker, mayRunPrograms, start, startDeno, succeed } from "./programs.ts";

/** They start processes: known ones, or this very deno, wherever it lies. */
const STARTING: Readonly<Record<string, string>> = {
  kafka: "--allow-run=java,mvn,sh",
  flink: "--allow-run",
  chaos: "--allow-run",
  build: "--allow-run",
  dev: "--allow-run",
  follow: "--allow-run",
  dashboard: "--allow-run",
  learn: "--allow-run",
  bench: "--allow-run",
  screenshots: "--allow-run",
  test: "--allow-run",
};
/** They hand on the environment as it is. */
const FOR_DEVELOPERS = ["bench", "flink", "screenshots", "test"];
const ALL = ["--bounded", "--from", "earliest"];

const allowed = mayRunPrograms();
const kafka = kafkaBroker();
const needsKafka = kafka === undefined ? " (skipped: no TEST_BOOTSTRAP_SERVERS)" : "";

function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ name: `${name}${allowed ? "" : " (skipped: needs permission to run programs)"}`, ignore: !allowed, fn });
}

function kafkaTest(name: string, fn: () => Promise<void>): void {
  Deno.test({ name: `${name}${needsKafka}`, ignore: !allowed || kafka === undefined, fn });
}

function config():
  & { tasks: Record<string, { command: string }>; imports: Record<string, string> }
  & Record<string, unknown> {
  return JSON.parse(Deno.readTextFileSync(new URL("deno.json", ROOT)));
}

/** Tasks that run one program. The others run several of these, one after the other. */
function programs(): string[] {
  return Object.entries(config().tasks).filter(([, { command }]) => command.startsWith("deno run ")).map(([task]) =>
    task
  );
}

function permissionsOf(args: readonly string[]): string[] {
  return args.filter((arg) => /^(-[A-Z]|--allow-)/.test(arg));
}

test("a task that is no program runs other tasks, or what checks the code", () => {
  const others = Object.entries(config().tasks).filter(([task]) => !programs().includes(task));
  assertEquals(others.map(([task]) => task).sort(), ["lint:doc", "ok", "s11"]);
  for (const [task, { command }] of others) {
    for (const part of command.split(" && ")) assertMatch(part, /^deno (task|fmt|lint|check|doc|publish)\b/, task);
  }
  return Promise.resolve();
});

test("no task may do everything, ask for more, call foreign code or, but for some, start programs", () => {
  for (const task of programs()) {
    const args = argumentsOf(task);
    const permissions = permissionsOf(args);
    assertEquals(permissions.filter((flag) => !/^--allow-(net|env|read|write|run|sys)\b/.test(flag)), [], task);
    assertEquals(permissions.find((flag) => flag.startsWith("--allow-run")), STARTING[task], task);
    assert(args.includes("--no-prompt"), task);
    if (!FOR_DEVELOPERS.includes(task)) assertEquals(permissions.includes("--allow-env"), false, task);
  }
  // Lessons without topics touch nothing.
  for (const task of ["s04", "s11:transformation", "s11:process", "s15"]) {
    assertEquals(permissionsOf(argumentsOf(task)), [], task);
  }
  return Promise.resolve();
});

test("every program starts with the permissions of its task", async () => {
  const nobody = { name: "nobody", env: { BOOTSTRAP_SERVERS: "127.0.0.1:1" } };
  const started = programs().filter((task) => !FOR_DEVELOPERS.includes(task));
  for (const ended of await Promise.all(started.map((task) => succeed(nobody, task, ["--help"])))) {
    assert(ended.stdout !== "", ended.stderr);
  }
});

test("the demo runs with the permissions of its task", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const { stdout } = await succeed(embeddedBroker(dir), "demo", ["--seconds", "1"]);
    assertMatch(stdout, /demo\.skyone/);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

kafkaTest("a Kafka can be started with the permissions of its task", async () => {
  await using program = start({ name: "nobody", env: {} }, "kafka", []);
  await program.prints(/^Kafka is ready at localhost:\d+$/m, 90_000);
  program.kill("SIGTERM");
  assertEquals((await program.ended).code, 0, program.stderr);
});

kafkaTest("a cluster can be started with those, and its brokers disturbed by lines on standard input", async () => {
  const lines = "freeze 2\nthaw 2\nkill 3\nrestart 3\nkill 4\n";
  await using program = start({ name: "nobody", env: {} }, "kafka", ["--brokers", "3"], lines);
  await program.prints(/^Kafka is ready at localhost:\d+,localhost:\d+,localhost:\d+$/m, 90_000);
  await program.says(/frozen\nbroker 2 goes on\nbroker 3 is dead\nbroker 3 is back\nCannot do "kill 4"/, 90_000);
  program.kill("SIGTERM");
  assertEquals((await program.ended).code, 0, program.stderr);
});

test("packages are pinned, locked with their hashes, and bring no scripts that run when they are installed", async () => {
  const { imports, lock, nodeModulesDir, allowScripts } = config();
  for (const [name, specifier] of Object.entries(imports)) {
    assertMatch(specifier, /^npm:(@[\w-]+\/)?[\w-]+@\d+\.\d+\.\d+(\/|$)/, name);
  }
  assertEquals([lock, nodeModulesDir, allowScripts], [{ frozen: true }, "none", undefined]);
  const locked = JSON.parse(await Deno.readTextFile(new URL("deno.lock", ROOT)));
  const packages = Object.entries<{ integrity?: string; scripts?: boolean }>(locked.npm);
  assert(packages.length >= 5);
  for (const [name, { integrity, scripts }] of packages) {
    assertMatch(integrity ?? "", /^sha512-/, name);
    assertEquals(scripts, undefined, name);
  }
});

// -------------------------------------------------------------------------------------------------------- the container

interface Service {
  readonly profiles?: string[];
  readonly user?: string;
  readonly read_only?: boolean;
  readonly cap_drop?: string[];
  readonly security_opt?: string[];
  readonly volumes?: unknown;
  readonly privileged?: unknown;
  readonly entrypoint?: string;
  readonly environment?: Record<string, string>;
}

/** Those of the profile jobs: the jobs, and the dashboard beside them. */
async function jobServices(): Promise<[string, Service][]> {
  const all = await servicesOfJobs();
  assertEquals(all.map(([name]) => name), ["s16", "s20", "dashboard"]);
  return all.filter(([name]) => name !== "dashboard");
}

async function servicesOfJobs(): Promise<[string, Service][]> {
  const { services } = parse(await Deno.readTextFile(new URL("compose.yaml", ROOT))) as {
    services: Record<string, Service>;
  };
  return Object.entries(services).filter(([, { profiles }]) => profiles?.includes("jobs"));
}

/** Where a job in a container serves its metrics. */
const METRICS_AT = "0.0.0.0:9464";

test("a job's container holds no rights, and its program may talk to the broker and serve its metrics only", async () => {
  for (const [name, service] of await jobServices()) {
    assertEquals(
      [service.user, service.read_only, service.cap_drop, service.security_opt, service.volumes, service.privileged],
      ["1000:1000", true, ["ALL"], ["no-new-privileges:true"], undefined, undefined],
      name,
    );
    const args = service.entrypoint!.split(" ");
    const wide = permissionsOf(argumentsOf(name));
    const env = wide.find((flag) => flag.startsWith("--allow-env="))!;
    assertEquals(permissionsOf(args), [`--allow-net=${service.environment!.BOOTSTRAP_SERVERS},${METRICS_AT}`, env]);
    assertEquals(args.slice(-3), [argumentsOf(name).at(-1), "--http", METRICS_AT]);
  }
});

test("the dashboard's container holds no rights either, and its program may only read what its page is made of", async () => {
  const [, service] = (await servicesOfJobs()).find(([name]) => name === "dashboard")!;
  assertEquals(
    [service.user, service.read_only, service.cap_drop, service.security_opt, service.volumes, service.privileged],
    ["1000:1000", true, ["ALL"], ["no-new-privileges:true"], undefined, undefined],
  );
  const env = permissionsOf(argumentsOf("dashboard")).find((flag) => flag.startsWith("--allow-env="))!;
  const net = `--allow-net=${service.environment!.BOOTSTRAP_SERVERS},0.0.0.0:8081`;
  const args = service.entrypoint!.split(" ");
  assertEquals(permissionsOf(args.slice(0, args.indexOf("src/dashboard/main.ts"))), [net, "--allow-read", env]);
});

kafkaTest("those permissions are enough for a job", async () => {
  const servers = kafka!.env.BOOTSTRAP_SERVERS!;
  await succeed(kafka!, "gen", ["--create", "--count", "100", "--rate", "max", "--seed", "7"]);
  for (const [name, { entrypoint, environment }] of await jobServices()) {
    const [deno, ...args] = entrypoint!.replace(environment!.BOOTSTRAP_SERVERS!, servers).split(" ");
    assertEquals(deno, "deno");
    await using job = startDeno(kafka!, [...args, ...ALL]);
    const { code, stderr } = await job.ended;
    assertEquals(code, 0, stderr);
    assertMatch(stderr, /: finished: [1-9]/, name);
  }
});
