/**
 * Records in Avro, with a schema registry: orders of any version of their schema are read as this job knows them, and written
 * with the schema that the job has registered.
 *
 * A record is a frame: a byte 0, the id of the schema that its writer used, four bytes, then Avro. All schemas are fetched before
 * the job starts, as a decoder waits for nobody. A record of a schema that was registered later becomes a dead letter; start
 * the job again, and replay it.
 */
import { Buffer } from "node:buffer";
import { RecordError } from "@stream-apps/deno";
import type { TopicRecord } from "@stream-apps/deno/kafka";
import avro from "avsc";

/** An order as this job knows it. */
export interface Order {
  readonly id: string;
  readonly cents: number;
}

/** Reads what a writer of another schema wrote. */
type Resolver = ReturnType<avro.Type["createResolver"]>;

const SCHEMA = {
  type: "record",
  name: "Order",
  fields: [{ name: "id", type: "string" }, { name: "cents", type: "int", default: 0 }],
} as const;

/** Reads and writes records of one subject of a registry. */
export class AvroOrders {
  readonly #resolvers: ReadonlyMap<number, Resolver>;
  readonly #order: avro.Type;
  /** Begins each record that is written. */
  readonly #head: Uint8Array;

  private constructor(order: avro.Type, resolvers: ReadonlyMap<number, Resolver>, id: number) {
    this.#order = order;
    this.#resolvers = resolvers;
    const head = Buffer.alloc(5);
    head.writeInt32BE(id, 1);
    this.#head = head;
  }

  /** Registers the schema, and fetches those of all its versions. @param subject "orders-value" */
  static async open(registry: URL, subject: string): Promise<AvroOrders> {
    const versions = new URL(`subjects/${encodeURIComponent(subject)}/versions`, registry);
    const { id } = await ask<{ id: number }>(versions, JSON.stringify({ schema: JSON.stringify(SCHEMA) }));
    const order = avro.Type.forSchema(SCHEMA as unknown as avro.Schema);
    const resolvers = new Map<number, Resolver>();
    for (const version of await ask<number[]>(versions)) {
      const written = await ask<{ id: number; schema: string }>(new URL(`${versions.href}/${version}`));
      resolvers.set(written.id, order.createResolver(avro.Type.forSchema(JSON.parse(written.schema))));
    }
    return new AvroOrders(order, resolvers, id);
  }

  /** For `broker.source(topic, { decode })`. */
  readonly decode = ({ value }: Pick<TopicRecord, "value">): Order => {
    if (value === null || value[0] !== 0) throw new RecordError("value has no schema's id before it");
    const bytes = Buffer.from(value.buffer, value.byteOffset, value.length);
    const id = bytes.readInt32BE(1);
    const resolver = this.#resolvers.get(id);
    if (resolver === undefined) throw new RecordError(`value has the schema ${id}, which was not there at the start`);
    // Avro returns an object of a class of its own, which state would refuse.
    return { ...this.#order.fromBuffer(bytes.subarray(5), resolver) };
  };

  /** For `broker.sink(topic, { encode })`. */
  readonly encode = (order: Order): { key: string; value: Uint8Array } => ({
    key: order.id,
    value: Buffer.concat([this.#head, this.#order.toBuffer(order)]),
  });
}

/** Asks the registry; with a body it is asked to keep that. */
async function ask<T>(url: URL, body?: string): Promise<T> {
  const response = await fetch(url, {
    ...body !== undefined && { method: "POST", body },
    headers: { "content-type": "application/vnd.schemaregistry.v1+json" },
  });
  if (!response.ok) {
    await response.body?.cancel();
    throw new Error(`Cannot use the schema registry: ${url} answered ${response.status}`);
  }
  return await response.json();
}
