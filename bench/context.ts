/** What all measurements of one run of the bench share. */
import { startKafka } from "../src/cli/kafka.ts";
import type { JobBroker } from "../src/connectors/mod.ts";
import { openBroker } from "../src/connectors/mod.ts";
import { SILENT } from "../src/engine/mod.ts";
import type { BuiltPeer } from "./peer_builds.ts";
import type { ProcessTree } from "./process_tree.ts";
import { onEmbeddedLog, onKafka, type ProgramBroker } from "./task.ts";

export interface Context {
  /** A fraction of the work, for a first impression. */
  readonly short: boolean;
  /** How often each thing is measured, interleaved with what it is compared with. */
  readonly rounds: number;
  /** Undefined if there is none here. */
  readonly kafka: KafkaPlace | undefined;
  /** The commit that pairs of runs compare with. */
  readonly against: string | undefined;
  /** Those that can be run. */
  readonly peers: readonly BuiltPeer[];
  /** Undefined where there is no /proc. */
  readonly tree: ProcessTree | undefined;
  readonly signal: AbortSignal;
  /** Logs the progress. */
  readonly log: (line: string) => void;
}

/** A broker, for the bench itself and for the programs that it runs. */
export interface Place {
  /** "Kafka" or "embedded log" */
  readonly name: string;
  readonly broker: JobBroker;
  readonly programs: ProgramBroker;
}

export interface KafkaPlace extends Place {
  readonly bootstrapServers: string;
  /** Of its process, if it was started for the bench. */
  readonly pid?: number;
}

export async function openKafka(bootstrapServers: string, pid?: number): Promise<KafkaPlace> {
  const settings = { bootstrapServers: bootstrapServers.split(","), dir: "", sync: "normal" } as const;
  const broker = await openBroker({ settings, logger: SILENT });
  return {
    name: "Kafka",
    broker,
    programs: onKafka(bootstrapServers),
    bootstrapServers,
    ...pid !== undefined && { pid },
  };
}

/** A new and empty Kafka, which is stopped and removed when it goes out of scope. */
export async function startOwnKafka(): Promise<{ readonly place: KafkaPlace } & AsyncDisposable> {
  const kafka = await startKafka();
  const place = await openKafka(kafka.bootstrapServers, kafka.pid);
  return {
    place,
    [Symbol.asyncDispose]: async () => {
      await place.broker[Symbol.asyncDispose]();
      await kafka.stop();
    },
  };
}

/** Gives `work` an embedded log in a folder of its own, and removes that. */
export async function withEmbeddedLog<R>(work: (place: Place) => Promise<R>): Promise<R> {
  return await withScratch(async (dir) => {
    await using broker = await openBroker({ settings: { broker: "embedded", dir, sync: "normal" }, logger: SILENT });
    return await work({ name: "embedded log", broker, programs: onEmbeddedLog(dir) });
  });
}

/** Gives `work` an empty folder, and removes it. */
export async function withScratch<R>(work: (dir: string) => Promise<R>): Promise<R> {
  const dir = await Deno.makeTempDir({ prefix: "bench-" });
  try {
    return await work(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}
