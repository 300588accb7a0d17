/**
 * Processor time of a job over real data that is unlike the lessons': countries of the world with 24 fields, objects and lists in
 * them, and names in many writings. `deno run -A bench/in_memory/countries.ts [RECORDS] [ROUNDS]`
 *
 * It prints the least and the median of the rounds, and a sum over what was written, which is the same for every version.
 */
import process from "node:process";
import countries from "world-countries" with { type: "json" };
import { z } from "zod";
import { JobBroker } from "../../src/connectors/job_broker.ts";
import type { Topic } from "../../src/connectors/mod.ts";
import { StreamExecutionEnvironment, WatermarkStrategy } from "../../src/engine/mod.ts";
import { writeOutput } from "../../src/utils.ts";
import { median } from "../measurement.ts";
import { MeasuredBroker } from "./measured_broker.ts";
import { inMemory, type TopicInMemory } from "./records.ts";
import { Written } from "./written.ts";

const names = z.object({ official: z.string(), common: z.string() });

const COUNTRIES: Topic<z.infer<typeof countrySchema>, string> = {
  name: "countries",
  get schema() {
    return countrySchema;
  },
  key: ({ cca3 }) => cca3,
};
const countrySchema = z.object({
  name: names.extend({ native: z.record(z.string(), names) }),
  cca2: z.string().min(2),
  cca3: z.string().min(1),
  independent: z.boolean().nullable(),
  status: z.enum(["officially-assigned", "user-assigned"]),
  unMember: z.boolean(),
  currencies: z.record(z.string(), z.object({ name: z.string(), symbol: z.string() })).or(z.array(z.never())),
  idd: z.object({ root: z.string(), suffixes: z.array(z.string()) }),
  capital: z.array(z.string()),
  region: z.string(),
  subregion: z.string(),
  latlng: z.array(z.number()).length(2),
  landlocked: z.boolean(),
  borders: z.array(z.string()),
  area: z.number(),
  flag: z.string(),
  demonyms: z.object({ eng: z.object({ f: z.string(), m: z.string() }) }).optional(),
});

/** What is written of a country. */
const PLACES: Topic<z.infer<typeof placeSchema>, { code: string }> = {
  name: "places",
  get schema() {
    return placeSchema;
  },
  key: ({ code }) => ({ code }),
};
const placeSchema = z.object({
  code: z.string().min(1),
  names: z.object({ english: z.string(), native: z.array(z.string()) }),
  capital: z.string().optional(),
  region: z.string(),
  neighbours: z.int().nonnegative(),
  area: z.number(),
  member: z.boolean(),
  flag: z.string(),
});

const encoder = new TextEncoder();

/** The countries, one after another and again. */
function topicOf(records: number): Map<string, TopicInMemory> {
  const values = countries.map((country) => ({
    key: encoder.encode(JSON.stringify(country.cca3)),
    value: encoder.encode(JSON.stringify(country)),
  }));
  return inMemory(Array.from({ length: records }, (_, i) => ({
    topic: COUNTRIES.name,
    timestampMs: Date.UTC(2026, 0) + i,
    ...values[i % values.length]!,
  })));
}

async function run(topics: Map<string, TopicInMemory>, written: Written): Promise<void> {
  const broker = new JobBroker(new MeasuredBroker(new Map([[PLACES.name, { partitions: [] }], ...topics]), written));
  const env = new StreamExecutionEnvironment({ store: broker, from: "earliest", bounded: true });
  env.fromSource(broker.source(COUNTRIES), WatermarkStrategy.forMonotonousTimestamps(), "countries")
    .filter(({ region }) => region !== "Antarctic")
    .map((country) => ({
      code: country.cca3,
      names: { english: country.name.common, native: Object.values(country.name.native).map(({ common }) => common) },
      ...country.capital[0] !== undefined && { capital: country.capital[0] },
      region: `${country.region}, ${country.subregion}`,
      neighbours: country.borders.length,
      area: country.area,
      member: country.unMember,
      flag: country.flag,
    }))
    .sinkTo(broker.sink(PLACES));
  await env.execute();
}

if (import.meta.main) {
  const [records = 20_000, rounds = 7] = Deno.args.map(Number);
  const topics = topicOf(records);
  const written = new Written({ digests: true });
  await run(topics, written);
  const microseconds: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const before = process.cpuUsage();
    await run(topics, new Written({ digests: false }));
    const { user, system } = process.cpuUsage(before);
    microseconds.push((user + system) / records);
  }
  await writeOutput(
    `${Math.min(...microseconds).toFixed(2)} µs a record, median ${median(microseconds).toFixed(2)}; ${written}\n`,
  );
}
