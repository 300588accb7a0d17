/** The local cluster's files and processes, without Java; a cluster that runs is in rest_live_test.ts. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { stopCluster } from "../../src/cli/flink/cluster.ts";
import { clusterProcesses, configYaml } from "../../src/cli/flink/config.ts";
import { LocalProcess } from "../../src/cli/flink/local_process.ts";

const posix = await Deno.permissions.query({ name: "run" });
const ignore = posix.state !== "granted" || Deno.build.os === "windows";

/** A process that lasts, with the folder among its arguments. */
function sleeper(dir: string, name = "sleeper"): LocalProcess {
  return new LocalProcess({ name, dir, command: ["sh", "-c", "echo awake; while :; do sleep 1; done", dir] });
}

async function folder(): Promise<string> {
  const dir = await Deno.makeTempDir({ prefix: "flink-test-" });
  for (const part of ["log", "pids"]) await Deno.mkdir(`${dir}/${part}`);
  return dir;
}

Deno.test("configYaml() restarts whole jobs, as Flink's default strategy loses records of finite ones", () => {
  const text = configYaml({ dir: "/c", port: 8091, zooKeeperPort: 2181, slots: 2, deno: "/bin/deno" });
  assertStringIncludes(text, 'jobmanager.execution.failover-strategy: "full"\n');
  assertStringIncludes(text, 'execution.checkpointing.dir: "file:///c/checkpoints"\n');
  assertStringIncludes(text, 'high-availability.zookeeper.quorum: "localhost:2181"\n');
  // Flink ends with a NullPointerException at a setting without a value.
  for (const line of text.trimEnd().split("\n")) assert(/^[\w.-]+: \S/.test(line), line);
});

Deno.test("clusterProcesses() start ZooKeeper first and TaskManagers last", () => {
  assertEquals(clusterProcesses("/c", 2).map(({ name }) => name), [
    "zookeeper",
    "jobmanager",
    "taskmanager-1",
    "taskmanager-2",
  ]);
});

Deno.test({ name: "LocalProcess is known by its folder to another command, which can end it", ignore }, async () => {
  const dir = await folder();
  const process = sleeper(dir);
  await process.start();
  try {
    assert(await process.isRunning());
    const [known] = await LocalProcess.known(dir);
    assertEquals(await known!.pid(), await process.pid());
    assert(await known!.stop());
    assertEquals(await process.isRunning(), false);
    assertEquals(await known!.stop(), false);
    assertEquals(await process.lastLines(), "awake");
  } finally {
    await process.kill();
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test({ name: "LocalProcess leaves alone another process that has got its number", ignore }, async () => {
  const dir = await folder();
  const other = await folder();
  const process = sleeper(other);
  await process.start();
  try {
    await Deno.writeTextFile(`${dir}/pids/jobmanager`, String(await process.pid()));
    const [stale] = await LocalProcess.known(dir);
    assertEquals(await stale!.stop(), false);
    assert(await process.isRunning());
  } finally {
    await process.kill();
    await Deno.remove(dir, { recursive: true });
    await Deno.remove(other, { recursive: true });
  }
});

Deno.test({ name: "stopCluster() ends what runs and keeps savepoints", ignore }, async () => {
  const home = await Deno.makeTempDir({ prefix: "flink-test-" });
  const dir = `${await Deno.realPath(home)}/cluster`;
  for (const part of ["log", "pids", "savepoints", "checkpoints"]) {
    await Deno.mkdir(`${dir}/${part}`, { recursive: true });
  }
  const process = sleeper(dir, "jobmanager");
  await process.start();
  try {
    assertEquals(await stopCluster({ dir: home }), ["jobmanager"]);
    const left = await Array.fromAsync(Deno.readDir(dir), ({ name }) => name);
    assertEquals(left.sort(), ["log", "savepoints"]);
    assertEquals(await stopCluster({ dir: home }), []);
  } finally {
    await process.kill();
    await Deno.remove(home, { recursive: true });
  }
});
