/** From a booking's send to the moment at which a reader of committed records has its flight. */
import type { Broker, BrokerRecord, OutgoingRecord } from "../../src/connectors/broker.ts";
import { type Context, type Place, withEmbeddedLog } from "../context.ts";
import { bookingRecords } from "../data.ts";
import { type Measurement, percentile, range } from "../measurement.ts";
import type { Row, Section } from "../report.ts";
import { ProgramFailure, RunningProgram } from "../running_program.ts";
import { forgetJob } from "../systems.ts";
import { task } from "../task.ts";
import { removeTopics, renewTopics } from "../topics.ts";

/** Bookings a second, of both airlines together. */
const RATE = 1_000;
/** Between two sends, ms. */
const TICK_MS = 10;
/** What is sent while the job starts and its code gets compiled does not count, s. */
const WARM_UP_S = 3;
const DRAIN_S = 15;

const GUARANTEES = [
  { name: "at least once", args: ["--delivery", "at-least-once"], p50Ms: 20, p99Ms: 60 },
  { name: "exactly once, --commit-interval 100ms", args: ["--commit-interval", "100ms"], p50Ms: 120, p99Ms: 300 },
] as const;

export async function measureLatency(context: Context): Promise<Section[]> {
  const { short, kafka, log } = context;
  const seconds = short ? 3 : 10;
  const rounds = short ? 1 : Math.min(context.rounds, 3);
  return await withEmbeddedLog(async (embedded) => {
    const rows: Row[] = [];
    for (const place of [...(kafka === undefined ? [] : [kafka]), embedded]) {
      for (const { name, args, p50Ms, p99Ms } of GUARANTEES) {
        const all: number[][] = [];
        for (let round = 0; round < rounds; round++) all.push(await latenciesMs(context, place, args, seconds));
        const of = (percent: number): Measurement => range(all.map((one) => percentile(one, percent)));
        log(`latency, ${place.name}, ${name}: p50 ${of(50).median.toFixed(0)} ms, p99 ${of(99).median.toFixed(0)} ms`);
        rows.push(
          { what: `${place.name}, ${name}, p50`, unit: "ms", measured: of(50), target: { atMost: p50Ms } },
          { what: `${place.name}, ${name}, p99`, unit: "ms", measured: of(99), target: { atMost: p99Ms } },
        );
      }
    }
    const notes = [
      `${RATE.toLocaleString("en-US")} bookings a second, sent every ${TICK_MS} ms by the bench itself, which reads ` +
      `flightdata too, committed records only; ${seconds} s each after ${WARM_UP_S} s of warming up. Each flight came once.`,
    ];
    return [{ title: "Latency of s16, send to read", rows, notes }];
  });
}

async function latenciesMs(
  { signal }: Context,
  { broker: { port }, programs }: Place,
  args: readonly string[],
  seconds: number,
): Promise<number[]> {
  await forgetJob(port, "s16");
  await renewTopics(port, ["skyone", "sunset", "flightdata"]);
  const running = new RunningProgram(task("s16", ["--from", "earliest", ...args], programs), signal);
  try {
    const reader = new FlightReader();
    const reading = reader.read(port);
    const failed = running.exited.then(({ code }) => {
      throw new ProgramFailure(`${running.name} ended with ${code}:\n${running.lastLines()}`);
    });
    const sent = await Promise.race([send(port, (WARM_UP_S + seconds) * RATE), failed]);
    const drained = await Promise.race([reader.has(sent.size), failed]);
    reader.stop();
    await reading;
    if (!drained || reader.surplus > 0) {
      throw new Error(
        `s16 wrote ${reader.seenMs.size} flights of ${sent.size}, ${reader.surplus} of them more than once`,
      );
    }
    return [...sent].slice(WARM_UP_S * RATE).map(([confirmation, atMs]) => reader.seenMs.get(confirmation)! - atMs);
  } finally {
    running.stop("SIGTERM");
    await running.exited;
    await forgetJob(port, "s16");
    await removeTopics(port, ["skyone", "sunset", "flightdata"]);
  }
}

/** Sends so many bookings at the rate. @returns when each was handed to the producer, by confirmation */
async function send(port: Broker, count: number): Promise<Map<string, number>> {
  const set = { pairs: count / 2, travellers: 1_000, spanMs: 1, landed: 0, order: "by chance" } as const;
  const records = [...bookingRecords(set)];
  const sentMs = new Map<string, number>();
  const producer = await port.producer();
  const sends: Promise<void>[] = [];
  const startMs = performance.now();
  try {
    for (let made = 0; made < count;) {
      const due = Math.min(count, Math.floor((performance.now() - startMs) * RATE / 1000));
      const batch: OutgoingRecord[] = [];
      const nowMs = performance.now();
      for (; made < due; made++) {
        const record = { ...records[made]!, timestampMs: Date.now() };
        sentMs.set(confirmationIn(record.key!), nowMs);
        batch.push(record);
      }
      if (batch.length > 0) sends.push(producer.send(batch));
      await new Promise((resolve) => setTimeout(resolve, TICK_MS));
    }
    await Promise.all(sends);
  } finally {
    await producer.close();
  }
  return sentMs;
}

/** Reads flightdata as it grows. */
class FlightReader {
  /** When each flight was there, ms, by confirmation. */
  readonly seenMs = new Map<string, number>();
  /** Flights that came again. */
  surplus = 0;
  #stopped = false;

  async read(port: Broker): Promise<void> {
    const fetcher = await port.fetcher();
    const positions = [0, 1, 2, 3, 4].map((partition) => ({ topic: "flightdata", partition, offset: 0 }));
    while (!this.#stopped) {
      for (const { partition, records, nextOffset } of await fetcher.fetch(positions, 100)) {
        const nowMs = performance.now();
        for (const record of records) this.#take(record, nowMs);
        positions[partition]!.offset = nextOffset;
      }
    }
    await fetcher.close();
  }

  stop(): void {
    this.#stopped = true;
  }

  /** Waits for so many flights; false if they do not come. */
  async has(count: number): Promise<boolean> {
    for (const endMs = performance.now() + DRAIN_S * 1000; this.seenMs.size < count;) {
      if (performance.now() > endMs) return false;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return true;
  }

  #take({ key }: BrokerRecord, nowMs: number): void {
    const confirmation = confirmationIn(key!);
    if (this.seenMs.has(confirmation)) this.surplus++;
    else this.seenMs.set(confirmation, nowMs);
  }
}

const decoder = new TextDecoder();

/** The one value in a key of a booking or a flight. */
function confirmationIn(key: Uint8Array): string {
  return Object.values<string>(JSON.parse(decoder.decode(key)))[0]!;
}
