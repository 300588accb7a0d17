import { assert, assertEquals, assertRejects } from "@std/assert";
import { deadLetterTopic } from "../../../src/connectors/broker.ts";
import { FencedError, JobActiveError, UnknownTopicError } from "../../../src/connectors/broker_errors.ts";
import { later } from "../../later.ts";
import type { Register } from "./options.ts";
import { readAll } from "./reading.ts";
import { record, start, state, values } from "./records.ts";
import { eventually, until } from "./waiting.ts";

/** What tools see of jobs, and producers that fence one another. */
export function testTools(test: Register): void {
  test("jobsReading() names the jobs that have read a topic, and whether they run", async (scope) => {
    const broker = await scope.broker();
    const [one, two, none] = [await scope.topic(broker, 1), await scope.topic(broker, 1), await scope.topic(broker, 1)];
    const [both, single] = [scope.jobName(), scope.jobName()].sort() as [string, string];
    const first = await scope.lease(broker, { job: both, topics: [one, two] });
    await first.commit(state({ a: "1" }, [start(one), start(two)]));
    const second = await scope.lease(broker, { job: single, topics: [two] });
    await second.commit(state({ a: "1" }, [start(two)]));

    assertEquals(await broker.jobsReading([one]), [{ job: both, running: true }]);
    assertEquals(await broker.jobsReading([one, two]), [{ job: both, running: true }, { job: single, running: true }]);
    assertEquals(await broker.jobsReading([none]), []);
    await first.close();
    await until(async () => (await broker.jobsReading([one]))[0]!.running === false);
    assertEquals(await broker.jobsReading([two]), [{ job: both, running: false }, { job: single, running: true }]);
  });

  test("readCommit() gives the last commit as a whole while the job runs, and nothing of a job without one", async (scope) => {
    const [tool, running] = [await scope.broker(), await scope.broker()];
    const job = scope.jobName();
    assertEquals(await tool.readCommit(job), new Map());
    const lease = await scope.lease(running, { job });
    assertEquals(await tool.readCommit(job), new Map());
    const rounds = 20;
    let committing = true;
    const commits = later(
      (async () => {
        for (let round = 1; round <= rounds; round++) {
          await lease.commit(
            state({ a: String(round), b: String(round), [`only ${round}`]: "", [`only ${round - 1}`]: null }),
          );
        }
      })().finally(() => committing = false),
    );
    while (committing) {
      const commit = await tool.readCommit(job);
      assertEquals(commit.get("a"), commit.get("b"));
      assertEquals(commit.size, commit.has("a") ? 3 : 0);
      if (commit.has("a")) assert(commit.has(`only ${commit.get("a")}`));
    }
    await commits;

    assertEquals((await tool.readCommit(job)).get("a"), String(rounds));
    assertEquals(await lease.restore(), await tool.readCommit(job));
    await lease.close();
    assertEquals((await tool.readCommit(job)).get(`only ${rounds}`), "");
  });

  test("a producer with a transactional id is shut out by the next of that id, which sees all it wrote", async (scope) => {
    const [one, two] = [await scope.broker(), await scope.broker()];
    const topic = await scope.topic(one, 2);
    const transactionalId = scope.topicName();
    const first = await one.producer({ transactionalId });
    await first.send([{ ...record(topic, "a"), partition: 0 }, { ...record(topic, "b"), partition: 1 }]);

    const second = await two.producer({ transactionalId });
    assertEquals(values(await readAll(two, topic)), [["a"], ["b"]]);
    await assertRejects(() => first.send([{ ...record(topic, "c"), partition: 0 }]), FencedError, transactionalId);
    await assertRejects(() => first.send([{ ...record(topic, "d"), partition: 0 }]), FencedError);
    await second.send([{ ...record(topic, "e"), partition: 0 }]);
    await first.close();

    assertEquals(values(await readAll(two, topic)), [["a", "e"], ["b"]]);
    await assertRejects(() => second.send([record(topic, "f"), record(`${topic}-gone`, "g")]), UnknownTopicError);
    await second.close();
    assertEquals(values(await readAll(two, topic)), [["a", "e"], ["b"]]);
  });

  test("dropJob() refuses while the job runs, then removes state, positions and dead letters", async (scope) => {
    const [tool, running] = [await scope.broker(), await scope.broker()];
    const topic = await scope.topic(tool, 1);
    const job = scope.jobName();
    await tool.createTopics([{ name: scope.willExist(deadLetterTopic(job)), partitions: 1 }]);
    const lease = await scope.lease(running, { job, topics: [topic] });
    await lease.commit(state({ a: "1" }, [start(topic)]));

    await assertRejects(() => tool.dropJob(job), JobActiveError, job);
    await lease.commit(state({ a: "2" }));
    await lease.close();
    await eventually(() => tool.dropJob(job), JobActiveError);

    assertEquals(await tool.jobsReading([topic]), []);
    assertEquals((await tool.listTopics()).includes(deadLetterTopic(job)), false);
    assertEquals((await tool.listTopics()).includes(topic), true);
    const next = await scope.lease(running, { job, topics: [topic] });
    assertEquals(await next.restore(), new Map());
  });

  test("close() gives a lease back", async (scope) => {
    const [one, two] = [await scope.broker(), await scope.broker()];
    const job = scope.jobName();
    const lease = await scope.lease(one, { job });
    await lease.commit(state({ a: "1" }));
    const before = performance.now();
    await one.close();

    const next = await scope.lease(two, { job });
    const tookMs = performance.now() - before;
    assert(tookMs < scope.sessionTimeoutMs, `taking over took ${tookMs} ms`);
    assertEquals(await next.restore(), new Map([["a", "1"]]));
  });
}
