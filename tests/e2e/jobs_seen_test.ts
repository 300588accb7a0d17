import { assertEquals } from "@std/assert";
import { openBroker } from "../../src/connectors/mod.ts";
import { seenJobs } from "../../src/connectors/seen_jobs.ts";
import { SILENT } from "../../src/engine/mod.ts";
import { until } from "../connectors/contract/waiting.ts";
import { forEachBroker, type Program, start, type TestBroker } from "./programs.ts";

const JOB = "s08_create_source";
const TIMES = ["--session-timeout", "1s", "--status-interval", "200ms"];

function settingsOf({ env }: TestBroker) {
  return {
    dir: env.BROKER_DIR ?? "unused",
    sync: "normal",
    ...env.BOOTSTRAP_SERVERS === undefined
      ? { broker: "embedded" as const }
      : { bootstrapServers: env.BOOTSTRAP_SERVERS.split(",") },
  } as const;
}

forEachBroker("a job is seen running, standing by, taken over, stopped, and gone once it was killed", async (place) => {
  await using broker = await openBroker({ settings: settingsOf(place), logger: SILENT });
  const { port } = broker;
  const isOurs = !(await port.listTopics()).includes("skyone");
  if (isOurs) await port.createTopics([{ name: "skyone", partitions: 1 }]);

  /** "running 4711, standby 4712" */
  const seen = async (): Promise<string> => {
    const job = (await seenJobs(port, Date.now())).find((each) => each.job === JOB);
    if (job === undefined) return "nothing";
    return [job.instance, ...job.standby]
      .map(({ state, status }) => `${state} ${/\d+/.exec(status.process ?? "")?.[0]}`).join(", ");
  };
  const becomes = async (wanted: string) => {
    await until(async () => await seen() === wanted);
    assertEquals(await seen(), wanted);
  };
  const begin = (): Program => start(place, "s08", TIMES);

  try {
    await using first = begin();
    await becomes(`running ${first.pid}`);
    await using second = begin();
    await becomes(`running ${first.pid}, standby ${second.pid}`);
    first.kill("SIGKILL");
    await becomes(`running ${second.pid}`);
    second.kill("SIGTERM");
    await becomes(`stopped ${second.pid}`);
    await using third = begin();
    await becomes(`running ${third.pid}`);
    third.kill("SIGKILL");
    await becomes(`gone ${third.pid}`);
  } finally {
    await until(() => port.dropJob(JOB).then(() => true, () => false));
    if (isOurs) await port.deleteTopics(["skyone"]);
  }
  assertEquals(await seen(), "nothing");
});
