/** Faults of the requests between jobs and brokers. Kafka's own clients connect to the brokers directly. */
import { SYSTEM_CLOCK } from "../../src/engine/mod.ts";
import type { ActiveRule, WireRequest, WireRule } from "../wire/mod.ts";
import { between, type Fault, pick, type Stage } from "./faults.ts";

const TRANSACTIONAL_IDS = { s16: "flight_importer", s20: "user_statistics" } as const;
/** A client stops waiting for an answer after 15 s: a request that is held longer arrives when the client has gone on. */
const HELD_MS = { least: 15_500, most: 18_000 };
/** How long to wait for a request, ms: a job that is starting makes no commit for a while. */
const HIT_WITHIN_MS = 8_000;
const WRITES_WITHIN_MS = 5_000;
/** By then a client that waits for an answer has learned of a new leader, and asked that one, ms. */
const ASKED_ANEW_MS = 7_000;
const INPUTS = ["skyone", "sunset"].flatMap((topic) => [0, 1, 2, 3, 4].map((partition) => [topic, partition] as const));
/** How long after the first records of a transaction a held request is delivered, ms. */
const AMID_MS = 600;

/** Which EndTxn is meant: the first of its transaction, one that repeats it, or any. */
type Which = "first" | "second" | "any";

/** Late requests, lost answers, and a broker that is cut off. */
export const WIRE_FAULTS: readonly Fault[] = [
  ...(["first", "second", "any"] as const).map((which): Fault => ({
    name: `EndTxn held (${which})`,
    // A fault that restarts the job or its coordinator would end the epoch of the late request.
    alone: true,
    strike: (stage) => holdEndTxn(stage, which),
  })),
  {
    name: "coordinator cut off",
    strike: async (stage) => {
      const { proxy, clients, chance, log, sleep } = stage;
      const id = pick(Object.values(TRANSACTIONAL_IDS), chance);
      const broker = await clients.coordinatorOf(id).catch(() => undefined);
      if (broker === undefined) return false;
      const forMs = between(6_000, 18_000, chance);
      log(`broker ${broker}, which coordinates the transactions of ${id}, is cut off from the jobs for ${forMs} ms`);
      proxy.node(broker).freeze();
      await sleep(forMs);
      proxy.node(broker).thaw();
      log(`broker ${broker} is in reach again`);
      return true;
    },
  },
  {
    name: "answer to EndTxn lost",
    strike: (stage) => onRequest(stage, "the answer to EndTxn is lost", { api: "EndTxn", then: { lose: "answer" } }),
  },
  {
    name: "Produce reset when it was done",
    strike: (stage) => onRequest(stage, "Produce is reset", { api: "Produce", then: { reset: "after" } }),
  },
  {
    name: "one broker's Fetch slow",
    strike: async ({ proxy, ...stage }) => {
      await slow(stage, "Fetch of", [...proxy.nodes.keys()], (rule) => proxy.add(rule));
      return true;
    },
  },
  {
    // Requests to the old leader and to the new one are open at the same time, and both are answered with the same records.
    name: "leaders moved amid Fetch",
    strike: async ({ proxy, clients, chance, log, sleep }) => {
      log("the answers to all Fetch are held, and leaders move");
      const held = proxy.add({ api: "Fetch", then: { hold: "answer" } });
      await sleep(500);
      const moves = INPUTS.map((place) => clients.move(...place, Math.floor(chance() * 2)).catch(() => undefined));
      await Promise.all([...moves, sleep(ASKED_ANEW_MS)]);
      held.remove();
      log("the answers are delivered");
      return true;
    },
  },
  {
    name: "followers lag",
    strike: async ({ replication, ...stage }) => {
      await slow(stage, "replication from", replication.brokers, (rule) => replication.add(rule));
      return true;
    },
  },
  {
    name: "every connection reset",
    strike: ({ proxy, log }) => {
      log("every connection is reset");
      proxy.reset();
      return Promise.resolve(true);
    },
  },
];

/** Waits for one request that the rule applies to. @returns whether there was one */
async function onRequest({ proxy, log }: Stage, words: string, rule: WireRule): Promise<boolean> {
  const active = proxy.add({ ...rule, times: 1 });
  const hit = await orNothing(active.next(), HIT_WITHIN_MS);
  if (hit !== undefined) log(`${words}: ${idOf(hit)} at broker ${hit.nodeId}`);
  active.remove();
  return hit !== undefined;
}

/**
 * Holds an EndTxn until its client has stopped waiting and gone on, and delivers it while a later transaction has written a part
 * of its records. A broker that cannot see which transaction was meant commits that part. After the first EndTxn of a
 * transaction the active instance is killed, so that its successor would write those records again; after a repeated one it has
 * to notice by itself.
 */
async function holdEndTxn(stage: Stage, which: Which): Promise<boolean> {
  const { proxy, instances, chance, log, sleep } = stage;
  const held = proxy.add({ ...endTxn(which), times: 1, then: { hold: "request" } });
  const hit = await orNothing(held.next(), HIT_WITHIN_MS);
  if (hit === undefined) return held.remove(), false;
  const id = idOf(hit);
  log(`EndTxn (${which}) of ${id} is held before broker ${hit.nodeId}`);
  await sleep(between(HELD_MS.least, HELD_MS.most, chance));
  const writing = proxy.add({
    api: "Produce",
    where: (request) => idOf(request) === id,
    then: { delayMs: AMID_MS, of: "answer" },
  });
  const amid = await orNothing(writing.next(), WRITES_WITHIN_MS) !== undefined;
  // The broker has to have the records.
  await sleep(50);
  log(`EndTxn (${which}) of ${id} is delivered${amid ? " amid a later transaction" : ""}`);
  await held.release();
  held.remove();
  if (amid && which === "first") {
    log(`all processes of ${id} are killed`);
    instances.filter(({ job }) => TRANSACTIONAL_IDS[job] === id).forEach((instance) => instance.signal("SIGKILL"));
  }
  writing.remove();
  return true;
}

async function orNothing<T>(promise: Promise<T>, withinMs: number): Promise<T | undefined> {
  const over = new AbortController();
  try {
    return await Promise.race([promise, SYSTEM_CLOCK.sleep(withinMs, over.signal).then(() => undefined)]);
  } finally {
    over.abort();
  }
}

async function slow(
  { chance, log, sleep }: Pick<Stage, "chance" | "log" | "sleep">,
  what: string,
  brokers: readonly number[],
  add: (rule: WireRule) => ActiveRule,
): Promise<void> {
  const broker = pick(brokers, chance);
  const delayMs = between(200, 1_500, chance);
  const forMs = between(4_000, 10_000, chance);
  log(`${what} broker ${broker} takes ${delayMs} ms longer for ${forMs} ms`);
  const rule = add({ api: "Fetch", nodeId: broker, then: { delayMs, of: "answer" } });
  await sleep(forMs);
  rule.remove();
  log(`${what} broker ${broker} is as fast as before`);
}

/** An EndTxn repeats another one if there was no AddPartitionsToTxn of its id in between, and no new epoch. */
function endTxn(which: Which): Pick<WireRule, "api" | "where"> {
  /** The producer that has ended its transaction, by transactional id. */
  const ended = new Map<string, string>();
  return {
    api: ["AddPartitionsToTxn", "EndTxn"],
    where: (request) => {
      const id = idOf(request);
      if (request.api !== "EndTxn") return ended.delete(id), false;
      const producer = `${request.body.producerId} ${request.body.producerEpoch}`;
      const again = ended.get(id) === producer;
      ended.set(id, producer);
      if (which === "any") return true;
      // Each commit of s16 has outputs; a commit of s20 only when a window has ended.
      return id === TRANSACTIONAL_IDS.s16 && again === (which === "second");
    },
  };
}

function idOf({ body }: WireRequest): string {
  return String(body.transactionalId ?? body.v3AndBelowTransactionalId ?? "nobody");
}
