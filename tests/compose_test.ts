/** compose.yaml is what Compose takes, and its broker keeps what it has said it has. */
import { assert, assertEquals, assertNotEquals, assertStringIncludes } from "@std/assert";
import { parse } from "@std/yaml";
import { DEFAULT_PORT } from "../src/cli/flink/cluster.ts";
import { configYaml, javaFlags } from "../src/cli/flink/config.ts";
import { FLINK_VERSION } from "../src/cli/flink/fetch.ts";
import { Ajv, type ValidateFunction } from "ajv";

const ROOT = new URL("../", import.meta.url);
const mayRead = Deno.permissions.querySync({ name: "read" }).state === "granted";

interface Service {
  readonly image?: string;
  readonly build?: unknown;
  readonly pull_policy?: string;
  readonly command?: readonly string[];
  readonly ports?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly logging?: unknown;
}

type Settings = Readonly<Record<string, unknown>>;

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
}

/** A test that reads the project's files. */
function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ name: mayRead ? name : `${name} (skipped: it needs to read files)`, ignore: !mayRead, fn });
}

function read(path: string): Promise<string> {
  return Deno.readTextFile(new URL(path, ROOT));
}

async function compose(): Promise<Compose> {
  return parse(await read("compose.yaml")) as Compose;
}

async function specification(): Promise<ValidateFunction> {
  // The meta schema that it names is the one that Ajv knows under a slightly different address.
  const { $schema: _, ...schema } = JSON.parse(await read("tests/compose/compose-spec.json"));
  // The specification has formats and words of its own, which say more to programs than a check of types does.
  return new Ajv({ strict: false, validateFormats: false, allErrors: true }).compile(schema);
}

test("compose.yaml is what the compose specification's schema takes", async () => {
  const validate = await specification();
  validate(await compose());
  assertEquals(validate.errors ?? [], []);
});

test("the recipe for containers is what Compose takes, and each secret is a file that is mounted", async () => {
  const validate = await specification();
  const recipe = parse(await read("examples/container/compose.yaml")) as {
    services: { job: { environment: Record<string, string>; secrets: string[] } };
    secrets: Record<string, unknown>;
  };
  validate(recipe);
  assertEquals(validate.errors ?? [], []);
  const { environment, secrets } = recipe.services.job;
  const named = Object.values(environment).flatMap((value) => /^\/run\/secrets\/(.+)$/.exec(value)?.[1] ?? []);
  assertEquals(named, secrets);
  assertEquals(Object.keys(recipe.secrets), secrets);
  // What holds a secret names a file with it.
  const open = Object.keys(environment).filter((name) => /PASSWORD|SECRET|TOKEN|KEY$/.test(name));
  assertEquals(open.filter((name) => !environment[name]!.startsWith("/run/secrets/")), []);
});

test("the schema refuses what Compose does not know", async () => {
  const validate = await specification();
  const { services } = await compose();
  assertEquals(validate({ services: { ...services, redpanda: { ...services.redpanda, restrat: "always" } } }), false);
});

test("the broker acknowledges only what is on its disk", async () => {
  const command = (await compose()).services.redpanda!.command!;
  assertEquals(command[command.indexOf("redpanda.write_caching_default=false") - 1], "--set");
  assert(command.includes("--unsafe-bypass-fsync=false"), "dev-container does without fsync");
});

test("the broker's version reports the new leader of a topic that was deleted and created again", async () => {
  const [, major, minor, patch] = /:v(\d+)\.(\d+)\.(\d+)$/.exec((await compose()).services.redpanda!.image!)!;
  assert(Number(major) * 1e6 + Number(minor) * 1e3 + Number(patch) >= 26_002_005);
});

test("an image is built by one service alone, and pulled by none", async () => {
  const services = Object.entries((await compose()).services);
  for (const [image, some] of Map.groupBy(services, ([, { image }]) => image)) {
    const builders = some.filter(([, { build }]) => build !== undefined).map(([name]) => name);
    if (builders.length === 0) continue;
    assertEquals(builders.length, 1, `${image} is built by ${builders.join(" and ")}`);
    for (const [name, { build, pull_policy }] of some) {
      if (build === undefined) assertEquals(pull_policy, "never", name);
    }
  }
});

test("the Flink cluster has the settings, the version and the Deno that the local one has", async () => {
  const { services } = await compose();
  const settings = parse(services["flink-taskmanager"]!.environment!.FLINK_PROPERTIES!) as Settings;
  const local = parse(configYaml({ dir: "/flink", port: 8081, zooKeeperPort: 2181, slots: 2, deno: "" })) as Settings;
  const places = /address|quorum|cluster-id|deno|host|dirs?$|rest\.|memory|upload|backend/;
  const wanted = Object.entries(local).filter(([name]) => !places.test(name));
  assert(wanted.length > 8);
  for (const [name, value] of wanted) assertEquals(settings[name], value, name);
  const { dockerfile_inline } = services["flink-jobmanager"]!.build as { dockerfile_inline: string };
  assertStringIncludes(dockerfile_inline, `FROM flink:${FLINK_VERSION}-`);
  const deno = /FROM denoland\/deno:([\d.]+)/.exec(
    (services.s16!.build as { dockerfile_inline: string }).dockerfile_inline,
  )!;
  assertStringIncludes(dockerfile_inline, `FROM denoland/deno:bin-${deno[1]} AS deno`);
  // Where the image gets it is where workers are started from.
  assertStringIncludes(dockerfile_inline, `/deno ${settings["stream-apps.deno"]}\n`);
  const timeout = javaFlags("/flink", "jobmanager").filter((flag) => flag.startsWith("-Dpekko."));
  assertEquals(settings["env.java.opts.all"], timeout.join(" "));
});

test("the parts of the Flink cluster find each other, and `deno task flink` and the broker from outside", async () => {
  const { services } = await compose();
  const cluster = ["flink-jobmanager", "flink-taskmanager", "flink-zookeeper"].map((name) => services[name]!);
  const [jobManager, taskManager, zooKeeper] = cluster as [Service, Service, Service];
  assertEquals(new Set(cluster.map(({ image }) => image)).size, 1);
  assertEquals(jobManager.environment, taskManager.environment);
  const settings = parse(jobManager.environment!.FLINK_PROPERTIES!) as Settings;
  assertEquals(services[String(settings["jobmanager.rpc.address"])], jobManager);
  const [, host, port] = /^(.+):(\d+)$/.exec(String(settings["high-availability.zookeeper.quorum"]))!;
  assertEquals(services[host!], zooKeeper);
  // That of zoo.cfg in Flink's image.
  assertEquals(port, "2181");
  assertEquals(jobManager.ports, [`127.0.0.1:${DEFAULT_PORT}:8081`]);
  assertEquals([jobManager.command, taskManager.command], [["jobmanager"], ["taskmanager"]]);
  // docs/scaling.md submits jobs with this address of the broker for those inside.
  const [, servers] = /--cluster-servers (\S+)/.exec(await read("docs/scaling.md"))!;
  const broker = services[servers!.split(":", 1)[0]!]!;
  assert(broker.command!.some((argument) => argument.includes(`internal://${servers}`)));
});

test("what containers log is limited", async () => {
  for (const [name, { logging }] of Object.entries((await compose()).services)) {
    assertEquals(logging, { driver: "json-file", options: { "max-size": "10m", "max-file": "3" } }, name);
  }
});

test("docs/operating.md names the oldest Compose that takes the file", async () => {
  assertNotEquals((await read("docs/operating.md")).indexOf("Compose 2.23.1"), -1);
});
