/** A job is taken over from an instance that still works: what the successor restores is the last commit there will be. */
import { assertEquals } from "@std/assert";
import { newClient, testWithKafka } from "./kafka_client.ts";

/** So long after the successor was let in its predecessor commits, ms: before, while and after it is shut out. */
const COMMITS_AFTER_MS = Array.from({ length: 50 }, (_, i) => i % 10);

testWithKafka(
  "no commit of a predecessor comes between what its successor restores and its first commit",
  async (servers) => {
    // kafkajs reads the environment when it is loaded.
    const { openKafkaBroker } = await import("../../src/connectors/kafka/mod.ts");
    const { TransactionalProducer } = await import("../../src/connectors/kafka/transaction.ts");
    const { changelogRecords } = await import("../../src/connectors/kafka/changelog.ts");
    const client = await newClient(servers);
    const broker = await openKafkaBroker({ brokers: [servers], log: () => {} });
    const { signal } = new AbortController();
    const job = `takeover-test-${crypto.randomUUID().slice(0, 8)}`;
    const open = (faultPoint: (name: string) => void) =>
      broker.openJob({
        job,
        topics: [],
        sessionTimeoutMs: 6_000,
        exactlyOnce: true,
        whenActive: "stand by",
        onStandby: () => {},
        signal,
        faultPoint,
      });
    const restored: (string | undefined)[] = [];
    const committed: (string | undefined)[] = [];
    try {
      const first = await open(() => {});
      await first.commit({ changes: new Map([["n", "begun"]]), positions: [] });
      await first.close();
      for (const [round, afterMs] of COMMITS_AFTER_MS.entries()) {
        // The group knows nothing of this one any more, but it has work under way.
        const predecessor = await TransactionalProducer.open(client, job, { signal });
        await predecessor.send([...changelogRecords(job, new Map([["n", `commit ${round}`]]), Date.now())]);
        const last = Promise.withResolvers<void>();
        const successor = await open((name) => {
          if (name !== "start: active in the group") return;
          // It may come too late: then it is refused.
          setTimeout(() => predecessor.commit().catch(() => {}).finally(last.resolve), afterMs);
        });
        restored.push((await successor.restore()).get("n"));
        await last.promise;
        await successor.close();
        committed.push((await broker.readCommit(job)).get("n"));
      }
    } finally {
      await broker.dropJob(job);
      await broker.close();
      await client.close();
    }
    assertEquals(restored, committed);
  },
);
