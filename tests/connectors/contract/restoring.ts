import { assertEquals } from "@std/assert";
import type { Register } from "./options.ts";
import { readAll } from "./reading.ts";
import { record, start, state, values } from "./records.ts";

/** Entries of a job, as the next lease finds them. */
export function testRestoring(test: Register): void {
  test("restore() gives the last value of each entry; null deletes one", async (scope) => {
    const broker = await scope.broker();
    const job = scope.jobName();
    const first = await scope.lease(broker, { job });
    await first.commit(state({ kept: "1", changed: "1", deleted: "1" }));
    await first.commit(
      state({ changed: "2", deleted: null, never: null, "\ufeffodd \u0000 ✓ key": "\ufeffodd \u0000 ✓ value" }),
    );
    await first.commit(state({}));
    assertEquals((await first.restore()).get("changed"), "2");
    await first.close();

    const second = await scope.lease(broker, { job });
    const expected = { kept: "1", changed: "2", "\ufeffodd \u0000 ✓ key": "\ufeffodd \u0000 ✓ value" };
    assertEquals(await second.restore(), new Map(Object.entries(expected)));
    await second.commit(state({ deleted: "again" }));
    assertEquals(await second.restore(), new Map(Object.entries({ ...expected, deleted: "again" })));
  });

  test("restore() gives 10,000 entries and long ones, and no other job's", async (scope) => {
    const broker = await scope.broker();
    const [job, other] = [scope.jobName(), scope.jobName()];
    const changes = new Map<string, string | null>([["long", "x".repeat(100_000)]]);
    for (let index = 0; index < 10_000; index++) changes.set(`key ${index}`, `{"count":${index}}`);
    const lease = await scope.lease(broker, { job });
    await (await scope.lease(broker, { job: other })).commit(state({ "key 1": "another job's" }));
    await lease.commit({ changes, positions: [] });
    await lease.close();

    const next = await scope.lease(broker, { job });
    assertEquals(await next.restore(), changes);
  });

  test("reset() forgets the entries and leaves the topics", async (scope) => {
    const broker = await scope.broker();
    const topic = await scope.topic(broker, 1);
    const job = scope.jobName();
    const first = await scope.lease(broker, { job, topics: [topic] });
    first.write(record(topic, "kept"));
    await first.commit(state({ a: "1", b: "2" }, [start(topic)]));

    await first.reset();
    assertEquals(await first.restore(), new Map());
    await first.commit(state({ c: "3" }));
    await first.close();

    const second = await scope.lease(broker, { job, topics: [topic] });
    assertEquals(await second.restore(), new Map([["c", "3"]]));
    assertEquals(values(await readAll(broker, topic)), [["kept"]]);
  });
}
