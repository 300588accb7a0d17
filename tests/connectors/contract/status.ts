import { assertEquals } from "@std/assert";
import type { Broker, StatusReport } from "../../../src/connectors/broker.ts";
import type { Register } from "./options.ts";
import { until } from "./waiting.ts";

/** What instances of jobs report of themselves. */
export function testStatus(test: Register): void {
  test("statusReports() has the newest report of each instance, written by whatever process, and dropJob() removes them", async (scope) => {
    const [one, two, tool] = [await scope.broker(), await scope.broker(), await scope.broker()];
    const [job, other] = [scope.jobName(), scope.jobName()].sort() as [string, string];
    const nowMs = Date.now();
    const report = (job: string, instance: string, ago: number): StatusReport => ({
      job,
      instance: `${job}-${instance}`,
      atMs: nowMs - ago,
      text: JSON.stringify({ ago }),
    });
    await one.reportStatus!(report(job, "a", 5_000));
    await two.reportStatus!(report(job, "b", 4_000));
    await two.reportStatus!(report(other, "c", 3_000));
    await one.reportStatus!(report(job, "a", 2_000));

    const ours = async (broker: Broker) =>
      (await broker.statusReports!()).filter((each) => each.job === job || each.job === other);
    const wanted = [report(job, "b", 4_000), report(job, "a", 2_000), report(other, "c", 3_000)];
    assertEquals(await ours(tool), wanted);
    // Whoever has looked before sees what has come since.
    await two.reportStatus!(report(job, "b", 1_000));
    assertEquals(await ours(tool), [report(job, "a", 2_000), report(job, "b", 1_000), report(other, "c", 3_000)]);
    assertEquals(await ours(one), await ours(tool));

    await tool.dropJob(job);
    await until(async () => (await ours(two)).length === 1);
    assertEquals(await ours(tool), [report(other, "c", 3_000)]);
    await tool.dropJob(other);
  });

  test("statusReports() forgets instances that have been silent for a day", async (scope) => {
    const broker = await scope.broker();
    const [job, other] = [scope.jobName(), scope.jobName()];
    const nowMs = Date.now();
    // One that nobody has written after: no later report takes it away.
    await broker.reportStatus!({ job: other, instance: `${other}-old`, atMs: nowMs - 86_500_000, text: "{}" });
    await broker.reportStatus!({ job, instance: `${job}-old`, atMs: nowMs - 86_500_000, text: "{}" });
    await broker.reportStatus!({ job, instance: `${job}-new`, atMs: nowMs, text: "{}" });
    const reports = await broker.statusReports!();
    const ours = reports.filter((each) => each.job === job || each.job === other);
    assertEquals(ours.map(({ instance }) => instance), [`${job}-new`]);
    await broker.dropJob(job);
    await broker.dropJob(other);
  });

  test("notes() has the newest note of each key of its board, of the last day, written by whatever process", async (scope) => {
    const [one, two] = [await scope.broker(), await scope.broker()];
    const prefix = scope.jobName();
    const nowMs = Date.now();
    const note = (key: string, ago: number) => ({ key: `${prefix}-${key}`, atMs: nowMs - ago, text: `{"ago":${ago}}` });
    const ours = async (broker: Broker, board: "requests" | "traces") =>
      (await broker.notes!(board)).filter(({ key }) => key.startsWith(prefix));
    assertEquals(await ours(two, "requests"), []);
    await one.keepNote!("requests", note("a", 5_000));
    await two.keepNote!("requests", note("b", 4_000));
    await one.keepNote!("requests", note("old", 86_500_000));
    await two.keepNote!("traces", note("a", 1_000));
    assertEquals(await ours(two, "requests"), [note("a", 5_000), note("b", 4_000)]);
    // Whoever has looked before sees what has come since.
    await two.keepNote!("requests", note("a", 2_000));
    assertEquals(await ours(one, "requests"), [note("b", 4_000), note("a", 2_000)]);
    assertEquals(await ours(two, "requests"), await ours(one, "requests"));
    assertEquals(await ours(one, "traces"), [note("a", 1_000)]);
  });
}
