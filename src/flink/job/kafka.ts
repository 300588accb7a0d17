import { JobError } from "../../engine/mod.ts";
import type { KafkaSettings } from "../description.ts";

let kafka: KafkaSettings | undefined;

/** Notes where the job's topics are. */
export function setKafka(settings: KafkaSettings): void {
  kafka = settings;
}

/** @throws {JobError} if the job has opened no broker */
export function kafkaOfJob(): KafkaSettings {
  if (kafka !== undefined) return kafka;
  throw new JobError("Cannot run the job on Flink: it opens no broker, and a cluster reads and writes topics only");
}
