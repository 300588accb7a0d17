/** Brokers for tests of tools that need what a job leaves behind. */
import type { Broker } from "../../src/connectors/broker.ts";
import { JobBroker } from "../../src/connectors/mod.ts";

const allowed = ["env", "net", "read", "write"].every((name) =>
  Deno.permissions.querySync({ name } as Deno.PermissionDescriptor).state === "granted"
);
const servers = allowed ? Deno.env.get("TEST_BOOTSTRAP_SERVERS")?.split(",") : undefined;

let names = 0;

/** What a test opens and makes; all of it goes with the test. */
export class Scope implements AsyncDisposable {
  readonly kind: "embedded" | "kafka";
  readonly #brokers: Broker[] = [];
  readonly #dirs: string[] = [];

  constructor(kind: "embedded" | "kafka") {
    this.kind = kind;
  }

  /** A broker of the scope's kind; one in memory of its own, or the Kafka of this run. */
  broker(): Promise<Broker> {
    return this.kind === "kafka" ? this.#kafka() : this.embedded();
  }

  /** An embedded log, empty unless its folder is given. */
  async embedded(dir?: string): Promise<Broker> {
    const { openEmbeddedBroker } = await import("../../src/connectors/embedded/mod.ts");
    return this.#opened(await openEmbeddedBroker({ dir: dir ?? await this.dir() }));
  }

  async dir(): Promise<string> {
    const dir = await Deno.makeTempDir();
    this.#dirs.push(dir);
    return dir;
  }

  /** A name that nobody else uses at a Kafka that lives long. */
  name(word: string): string {
    return this.kind === "kafka" ? `${word}-${Date.now().toString(36)}-${Deno.pid}-${++names}` : word;
  }

  async #kafka(): Promise<Broker> {
    const { openKafkaBroker } = await import("../../src/connectors/kafka/mod.ts");
    return this.#opened(await openKafkaBroker({ brokers: servers!, log: () => {} }));
  }

  #opened(broker: Broker): Broker {
    this.#brokers.push(broker);
    return broker;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const broker of this.#brokers) await broker.close();
    for (const dir of this.#dirs) await Deno.remove(dir, { recursive: true });
  }
}

/** Registers a test on an embedded log. */
export function onEmbeddedLog(name: string, body: (scope: Scope) => Promise<void>): void {
  Deno.test({
    name: allowed ? name : `${name} (skipped: it needs files, the network and the environment)`,
    ignore: !allowed,
    fn: () => within("embedded", body),
  });
}

/** Registers a test for the embedded log and one for Kafka. */
export function onEachBroker(name: string, body: (scope: Scope) => Promise<void>): void {
  onEmbeddedLog(`${name} [embedded log]`, body);
  Deno.test({
    name: `${name} [Kafka]${servers === undefined ? " (skipped: no TEST_BOOTSTRAP_SERVERS)" : ""}`,
    ignore: servers === undefined,
    fn: () => within("kafka", body),
  });
}

async function within(kind: "embedded" | "kafka", body: (scope: Scope) => Promise<void>): Promise<void> {
  await using scope = new Scope(kind);
  await body(scope);
}

/** The same broker as jobs use it. */
export function forJobs(broker: Broker): JobBroker {
  return new JobBroker(broker);
}
