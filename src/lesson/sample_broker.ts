import { type Broker, JobBroker, openBroker, type OutgoingRecord } from "../connectors/mod.ts";
import { SILENT } from "../engine/mod.ts";
import { jsonRecord } from "../gen/json_record.ts"; // not by gen/mod.ts: a lesson would load the generator too
import { FLIGHTDATA, SKYONE, SUNSET, USERSTATISTICS } from "../models.ts";
import { BOOKED_FLIGHTS, sampleNow, SKYONE_TEXTS, SUNSET_SAMPLE } from "../samples.ts";
import { decodeUtf8, type Logger, writeOutput } from "../utils.ts";

/** A broker for `--sample`: its topics hold a few fixed records, and what a job has added to them is printed when it is closed. */
export class SampleBroker extends JobBroker {
  readonly #dir: string;

  private constructor(port: Broker, dir: string) {
    super(port);
    this.#dir = dir;
  }

  /** An embedded log in a temporary folder, which goes when it is closed. */
  static async open(logger: Logger): Promise<SampleBroker> {
    const dir = await Deno.makeTempDir({ prefix: "stream-apps-sample-" });
    const { port } = await openBroker({ settings: { broker: "embedded", dir, sync: "normal" }, logger: SILENT });
    await port.createTopics([SKYONE, SUNSET, FLIGHTDATA, USERSTATISTICS].map(({ name }) => ({ name, partitions: 1 })));
    const producer = await port.producer();
    await producer.send(sampleRecords());
    await producer.close();
    logger.info("--sample: the topics hold a few fixed records, in a log of their own that goes with the job");
    return new SampleBroker(port, dir);
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    try {
      for (const { name } of [FLIGHTDATA, USERSTATISTICS]) await printAdded(this.port, name);
    } finally {
      await super[Symbol.asyncDispose]();
      await Deno.remove(this.#dir, { recursive: true });
    }
  }
}

function sampleRecords(): OutgoingRecord[] {
  const nowMs = sampleNow();
  const texts = SKYONE_TEXTS.map((text) => new TextEncoder().encode(text));
  return [
    ...texts.map((value) => ({ topic: SKYONE.name, key: null, value, timestampMs: nowMs })),
    ...SUNSET_SAMPLE.map((booking) => jsonRecord(SUNSET, booking, nowMs)),
    ...BOOKED_FLIGHTS.map(({ flight, bookedMs }) => jsonRecord(FLIGHTDATA, flight, bookedMs)),
  ];
}

/** A line for each record that is not of the sample: its key and value. */
async function printAdded(port: Broker, topic: string): Promise<void> {
  const [description] = await port.describeTopics([topic]);
  const end = description!.endOffsets[0]!;
  const fetcher = await port.fetcher();
  for (let offset = sampleRecords().filter((record) => record.topic === topic).length; offset < end;) {
    for (const batch of await fetcher.fetch([{ topic, partition: 0, offset }], 0)) {
      offset = batch.nextOffset;
      for (const { key, value } of batch.records) await writeOutput(`${decodeUtf8(key!)} ${decodeUtf8(value!)}\n`);
    }
  }
  await fetcher.close();
}
