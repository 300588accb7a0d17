/** Kafka's transactions under requests that are lost, repeated and late: at a double of the broker that holds what a test says. */
import { assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import type { OutgoingRecord } from "../../src/connectors/broker.ts";
import { BrokerError, BrokerUnavailableError } from "../../src/connectors/broker_errors.ts";
import type { TransactionalProducer } from "../../src/connectors/kafka/transaction.ts";
import type { BrokerKind, Fate } from "./transaction_broker.ts";
import { TransactionBroker } from "./transaction_broker.ts";

const OLD: BrokerKind = { endTxn: 1, initProducerId: 4, verifies: true };
const OLDER: BrokerKind = { endTxn: 1, initProducerId: 4, verifies: false };
const OLDEST: BrokerKind = { endTxn: 1, initProducerId: 1, verifies: false };
const NEW: BrokerKind = { endTxn: 5, initProducerId: 4, verifies: true };
const KINDS = { OLD, OLDER, OLDEST, NEW };

const RUNS = Number(allowed() ? Deno.env.get("FUZZ_RUNS") ?? 60 : 0);
const encoder = new TextEncoder();

function allowed(): boolean {
  return Deno.permissions.querySync({ name: "env" }).state === "granted";
}

/** Registers a test; kafkajs reads the environment when it is loaded. */
function test(name: string, fn: () => Promise<void>): void {
  const granted = allowed();
  Deno.test({ name: granted ? name : `${name} (skipped: it needs --allow-env)`, ignore: !granted, fn });
}

function record(topic: string, value: string | number, partition = 0): OutgoingRecord {
  return { topic, key: null, value: encoder.encode(String(value)), timestampMs: 0, partition };
}

async function open(broker: TransactionBroker): Promise<TransactionalProducer> {
  const { TransactionalProducer } = await import("../../src/connectors/kafka/transaction.ts");
  return await TransactionalProducer.open(await broker.client(), "job", { signal: new AbortController().signal });
}

/** One commit of a job: outputs in two goes, the changelog, positions. */
async function commit(producer: TransactionalProducer, round: number): Promise<void> {
  await producer.send([record("out", round, 0)]);
  await producer.send([record("out", round, 1), record("changelog", round)]);
  await producer.sendPositions("job", [{ topic: "in", partition: 0, offset: round }]);
  await producer.commit();
}

/**
 * A job that makes so many commits. As a lease does, it gives up its producer at any trouble; the next one goes on behind what the
 * changelog has.
 *
 * @returns how many producers it took
 */
async function runJob(broker: TransactionBroker, rounds: number): Promise<number> {
  const { ProducerFencedError } = await import("../../src/connectors/kafka/errors.ts");
  for (let producers = 1;; producers++) {
    let producer: TransactionalProducer | undefined;
    try {
      producer = await open(broker);
      for (let round = broker.committed("changelog").length + 1; round <= rounds; round++) {
        await commit(producer, round);
      }
      return producers;
    } catch (error) {
      const passes = error instanceof BrokerUnavailableError || error instanceof ProducerFencedError;
      if (!passes || producers > 50) throw error;
      if (!(error instanceof ProducerFencedError)) await producer?.abort();
    }
  }
}

function assertOnce(broker: TransactionBroker, rounds: number): void {
  const expected = Array.from({ length: rounds }, (_, index) => String(index + 1));
  assertEquals(broker.committed("changelog"), expected);
  assertEquals([0, 1].map((partition) => broker.committed("out", partition)), [expected, expected]);
}

function countOf(broker: TransactionBroker, name: string): number {
  return broker.seen.filter((each) => each === name).length;
}

for (const [name, kind] of Object.entries(KINDS)) {
  test(`commit() asks EndTxn once, and nothing else of the coordinator when all is well (${name})`, async () => {
    const broker = new TransactionBroker(kind);
    assertEquals(await runJob(broker, 5), 1);
    assertOnce(broker, 5);
    assertEquals([countOf(broker, "EndTxn"), countOf(broker, "InitProducerId")], [5, 1]);
  });

  // Between which requests of a later transaction it arrives.
  for (const nth of [1, 2, 3]) {
    test(`an EndTxn that arrives late commits nothing of a later transaction (${name}, the ${nth}. commit's)`, async () => {
      for (let later = 0; later < 16; later++) {
        const broker = new TransactionBroker(kind).fate("EndTxn", nth, { kind: "hold", later });
        const producers = await runJob(broker, 4);
        broker.deliver();
        assertOnce(broker, 4);
        // In the new protocol it is asked again, in the old one another producer finds out.
        assertEquals(producers, kind === NEW ? 1 : 2);
      }
    });
  }

  test(`an EndTxn whose answer is lost was done: nothing is written twice (${name})`, async () => {
    const broker = new TransactionBroker(kind).fate("EndTxn", 2, { kind: "unheard" });
    assertEquals(await runJob(broker, 3), kind === NEW ? 1 : 2);
    assertOnce(broker, 3);
  });

  test(`a repeated EndTxn ends the epoch: what of it arrives later is refused (${name})`, async () => {
    const notCoordinator: Fate = { kind: "refuse", code: 16 };
    const broker = new TransactionBroker(kind).fate("EndTxn", 1, notCoordinator);
    const producers = await runJob(broker, 2);
    assertOnce(broker, 2);
    // Either its answer, or InitProducerId with the old epoch, or another producer.
    assertEquals([producers, broker.epochs], [kind === OLDEST ? 2 : 1, kind === NEW ? 1 : 2]);
  });

  test(`any request may be lost, unheard, refused or late: nothing is lost, nothing twice (${name})`, async () => {
    const fates = fc.array(
      fc.oneof(
        { weight: 12, arbitrary: fc.constant(undefined) },
        {
          weight: 3,
          arbitrary: fc.record({ kind: fc.constant("hold" as const), later: fc.integer({ min: 0, max: 20 }) }),
        },
        { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom("lose" as const, "unheard" as const) }) },
        {
          weight: 1,
          arbitrary: fc.record({
            kind: fc.constantFrom("refuse" as const, "doubt" as const),
            code: fc.constantFrom(-1, 7, 14, 15, 16, 51),
          }),
        },
      ),
      { minLength: 0, maxLength: 60 },
    );
    await fc.assert(
      fc.asyncProperty(fates, async (drawn) => {
        const left = drawn.slice();
        const broker = new TransactionBroker(kind);
        broker.chance = () => left.shift();
        await runJob(broker, 6);
        broker.deliver();
        assertOnce(broker, 6);
      }),
      { numRuns: RUNS },
    );
  });
}

for (const name of ["AddPartitionsToTxn", "AddOffsetsToTxn", "TxnOffsetCommit"]) {
  test(`${name} repeated after a lost connection ends the epoch with the transaction: it brings back nothing`, async () => {
    for (const kind of [OLD, NEW]) {
      for (let later = 0; later < 16; later++) {
        const broker = new TransactionBroker(kind).fate(name, 1, { kind: "hold", later });
        await runJob(broker, 2);
        assertOnce(broker, 2);
        // The late one may have begun a transaction just before: then the other epoch is another producer's.
        assertEquals([broker.epochs, broker.position], [kind === NEW ? 1 : 2, 2]);
      }
    }
  });
}

test("records that arrive after an abort are not there for the successor to commit", async () => {
  const { TransactionalProducer } = await import("../../src/connectors/kafka/transaction.ts");
  const stop = new AbortController();
  const broker = new TransactionBroker(OLDER);
  const producer = await TransactionalProducer.open(await broker.client(), "job", { signal: stop.signal });
  broker.chance = (name) => {
    if (name !== "Produce") return undefined;
    stop.abort(new Error("stopped"));
    return { kind: "hold", later: 100 };
  };
  await assertRejects(() => producer.send([record("out", "late")]), Error, "stopped");
  await producer.abort();
  broker.chance = () => undefined;
  broker.deliver();
  assertEquals(await runJob(broker, 2), 1);
  assertOnce(broker, 2);
});

test("an abort is not sent while a request has no answer", async () => {
  const broker = new TransactionBroker(OLDER).fate("EndTxn", 1, { kind: "hold", later: 100 });
  const producer = await open(broker);
  await assertRejects(() => commit(producer, 1), BrokerUnavailableError, "whether it was done is not known");
  await producer.abort();
  assertEquals(countOf(broker, "EndTxn"), 1);
});

test("an abort that arrives late takes nothing from the successor", async () => {
  const broker = new TransactionBroker(OLDER).fate("EndTxn", 1, { kind: "hold", later: 4 });
  const producer = await open(broker);
  await producer.send([record("out", "dropped")]);
  await producer.abort();
  assertEquals(countOf(broker, "EndTxn"), 1); // not repeated
  assertEquals(await runJob(broker, 3), 1);
  broker.deliver();
  assertOnce(broker, 3);
});

test("an instance that slept cannot take the id back by going on with another epoch", async () => {
  const { ProducerFencedError } = await import("../../src/connectors/kafka/errors.ts");
  for (const kind of [OLD, OLDER]) {
    const broker = new TransactionBroker(kind).fate("EndTxn", 1, { kind: "refuse", code: 16 });
    const slept = await open(broker);
    await commit(slept, 1);
    const successor = await open(broker);
    await assertRejects(() => commit(slept, 2), ProducerFencedError);
    await commit(successor, 2);
    assertOnce(broker, 2);
  }
});

test("a producer's id keeps its 64 bits from InitProducerId to every request", async () => {
  for (const kind of Object.values(KINDS)) {
    const broker = new TransactionBroker(kind, 6_200_247_837_853_629_924n);
    assertEquals(await runJob(broker, 2), 1);
    assertOnce(broker, 2);
  }
});

test("seen() resolves when readers see the commit, and asks nothing that changes anything", async () => {
  const broker = new TransactionBroker(OLD);
  const producer = await open(broker);
  await commit(producer, 1);
  broker.unseen = 2;
  const before = broker.seen.length;
  await producer.seen();
  assertEquals(broker.seen.slice(before), ["ListOffsets", "ListOffsets", "ListOffsets"]);
  await producer.seen(); // there is nothing more to wait for
  assertEquals(broker.seen.length, before + 3);
});

test("a transaction that was ended behind our back is a reason to begin again, at Produce too", async () => {
  const broker = new TransactionBroker(OLD);
  const producer = await open(broker);
  await producer.send([record("out", 1)]);
  broker.end();
  await assertRejects(() => producer.send([record("out", 2)]), BrokerUnavailableError, "INVALID_TXN_STATE (48)");
  assertEquals(countOf(broker, "Produce"), 2); // asking again would bring the same
});

test("a topic that may not be written is named", async () => {
  const broker = new TransactionBroker(OLD);
  broker.denied = "out";
  const producer = await open(broker);
  const error = await assertRejects(() => producer.send([record("changelog", 1), record("out", 1)]), BrokerError);
  assertEquals(
    error.message,
    'Cannot write to "out" in a transaction of "job": Kafka answered TOPIC_AUTHORIZATION_FAILED (29)',
  );
});
