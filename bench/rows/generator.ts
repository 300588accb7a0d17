/** How many bookings a second `gen --rate max` writes to Kafka, and whether they are those of its seed. */
import type { Broker } from "../../src/connectors/broker.ts";
import { murmur2 } from "../../src/connectors/murmur2.ts";
import { bookings } from "../../src/s05_data_gen.ts";
import { encodeJson } from "../../src/utils.ts";
import type { Context } from "../context.ts";
import { range } from "../measurement.ts";
import type { Section } from "../report.ts";
import { ProgramFailure, RunningProgram } from "../running_program.ts";
import { task } from "../task.ts";
import { readTopic, removeTopics } from "../topics.ts";

const START = "2026-01-01T00:00:00Z";
const SEED = 7;

export async function measureGenerator({ kafka, short, rounds, signal, log }: Context): Promise<Section[]> {
  if (kafka === undefined) return [];
  const { broker: { port }, programs } = kafka;
  const count = short ? 50_000 : 250_000;
  const expected = digestOfBookings(count);
  const rates: number[] = [];
  const args = ["--create", "--rate", "max", "--count", String(count), "--seed", String(SEED), "--start", START];
  for (let round = 0; round < rounds; round++) {
    const startMs = performance.now();
    const running = new RunningProgram(task("gen", args, programs), signal);
    const { code } = await running.exited;
    rates.push(2 * count / ((performance.now() - startMs) / 1000));
    if (code !== 0) throw new ProgramFailure(`${running.name} ended with ${code}:\n${running.lastLines()}`);
    log(`gen, round ${round + 1} of ${rounds}: ${Math.round(rates.at(-1)!).toLocaleString("en-US")} records/s`);
    const found = await digestOfTopics(port);
    if (found !== expected) throw new Error(`gen wrote ${found}, not the bookings of its seed, ${expected}`);
  }
  await removeTopics(port, ["skyone", "sunset", "flightdata", "userstatistics"]);
  return [{
    title: "Generator",
    rows: [{ what: "gen --rate max, Kafka", unit: "records/s", measured: range(rates), target: { atLeast: 50_000 } }],
    notes: [
      `\`deno task gen ${
        args.join(" ")
      }\`: records of both topics by the time from the start of the process to its exit. ` +
      "What it wrote was compared with the bookings of its seed.",
    ],
  }];
}

function digestOfBookings(count: number): string {
  const digest = new Digest();
  let left = count;
  for (const { skyone, sunset, timestampMs } of bookings({ seed: SEED, startMs: Date.parse(START) })) {
    digest.add(timestampMs, encodeJson(skyone));
    digest.add(timestampMs, encodeJson(sunset));
    if (--left === 0) break;
  }
  return String(digest);
}

async function digestOfTopics(port: Broker): Promise<string> {
  const digest = new Digest();
  for (const topic of ["skyone", "sunset"]) {
    await readTopic(port, topic, ({ timestampMs, value }) => digest.add(timestampMs, value!));
  }
  return String(digest);
}

/** A sum that is equal for the same records in any order. */
class Digest {
  #records = 0;
  #sum = 0;

  add(timestampMs: number, value: Uint8Array): void {
    this.#records++;
    this.#sum = (this.#sum + (murmur2(value) + 2 ** 31) * (timestampMs % 65_521 + 1)) % 2 ** 52;
  }

  toString(): string {
    return `${this.#records} records with digest ${this.#sum}`;
  }
}
