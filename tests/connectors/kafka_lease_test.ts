/** What a lease does at its end, and says when its epoch has ended without it. */
import { assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import type { BrokerJobRequest, OutgoingRecord } from "../../src/connectors/broker.ts";
import { BrokerUnavailableError, FencedError } from "../../src/connectors/broker_errors.ts";
import type { KafkaLease } from "../../src/connectors/kafka/lease.ts";
import type { Membership } from "../../src/connectors/kafka/membership.ts";
import { TransactionBroker } from "./transaction_broker.ts";

const JOB = "flight_importer";
const NOTHING = { changes: new Map<string, string>(), positions: [] };
const RECORD: OutgoingRecord = { topic: "out", partition: 0, key: null, value: new Uint8Array(1), timestampMs: 0 };

/** Registers a test; kafkajs reads the environment when it is loaded. */
function test(name: string, fn: () => Promise<void>): void {
  const granted = Deno.permissions.querySync({ name: "env" }).state === "granted";
  Deno.test({ name: granted ? name : `${name} (skipped: it needs --allow-env)`, ignore: !granted, fn });
}

/** A lease at the broker, and whether its group counts it as the active one. */
async function openLease(broker: TransactionBroker, { active = true } = {}): Promise<KafkaLease> {
  const { KafkaLease } = await import("../../src/connectors/kafka/lease.ts");
  const { TransactionalProducer } = await import("../../src/connectors/kafka/transaction.ts");
  const client = await broker.client();
  const stop = new AbortController();
  const membership = {
    lost: new AbortController().signal,
    isActive: () => Promise.resolve(active),
    leave: () => Promise.resolve(),
  };
  return new KafkaLease({
    shared: client,
    client,
    request: { job: JOB, topics: [], exactlyOnce: true } as unknown as BrokerJobRequest,
    membership: membership as unknown as Membership,
    producer: await TransactionalProducer.open(client, JOB, { signal: stop.signal }),
    stop,
    now: () => 0,
  });
}

async function commitOne(lease: KafkaLease): Promise<void> {
  lease.write(RECORD);
  await lease.commit(NOTHING);
}

test("close() waits until readers see the last commit", async () => {
  const broker = new TransactionBroker({ endTxn: 5, initProducerId: 4, verifies: true });
  const lease = await openLease(broker);
  await commitOne(lease);
  broker.unseen = 1;
  await lease.close();
  assertEquals(broker.seen.slice(-3), ["EndTxn", "ListOffsets", "ListOffsets"]);
});

test("close() of a job whose commit failed waits for nothing", async () => {
  const broker = new TransactionBroker({ endTxn: 1, initProducerId: 4, verifies: true });
  const lease = await openLease(broker);
  await commitOne(lease);
  broker.fate("EndTxn", 2, { kind: "lose" });
  await assertRejects(() => commitOne(lease), BrokerUnavailableError, "whether it was done is not known");
  await lease.close();
  assertEquals(broker.seen.at(-1), "EndTxn");
});

test("a transactional id that has expired is a reason to begin again, not another instance", async () => {
  const broker = new TransactionBroker({ endTxn: 5, initProducerId: 4, verifies: true });
  const lease = await openLease(broker);
  await commitOne(lease);
  broker.forget();
  const error = await assertRejects(() => commitOne(lease), BrokerUnavailableError);
  assertEquals(
    error.message,
    'Cannot go on with "flight_importer": Kafka has forgotten its transactional id, as it does after a long silence ' +
      "(transactional.id.expiration.ms); it gets a new one (Kafka answered INVALID_PRODUCER_ID_MAPPING (49))",
  );
  assertEquals(lease.lost.reason, error);
});

test("a lease whose epoch has ended says that another instance has taken over only if the group may have one", async () => {
  const { TransactionalProducer } = await import("../../src/connectors/kafka/transaction.ts");
  for (const active of [true, false]) {
    const broker = new TransactionBroker({ endTxn: 1, initProducerId: 4, verifies: true });
    const lease = await openLease(broker, { active });
    await TransactionalProducer.open(await broker.client(), JOB, { signal: new AbortController().signal });
    const error = await assertRejects(() => commitOne(lease), FencedError);
    const reason = active
      ? `a transaction took longer than 60000 ms, or another program uses the transactional id "${JOB}"`
      : "another instance has taken over";
    assertEquals(
      error.message,
      `Cannot go on with "${JOB}": ${reason} (Kafka answered INVALID_PRODUCER_EPOCH (47))`,
    );
    assertInstanceOf(lease.lost.reason, FencedError);
  }
});
