import { KafkaBroker } from "../src/connectors/kafka/broker.ts";
import { Client } from "../src/connectors/kafka/client.ts";
import { groupPositions } from "../src/connectors/kafka/jobs.ts";
import { parseAddress } from "../src/connectors/kafka/address.ts";
import { TopicTail } from "./topic_tail.ts";

/**
 * Whether a job has read all committed records of a topic in a Kafka. Its consumer group shows that, whose positions are those of
 * the job's last commit, at home as on Flink.
 */
export async function hasReadAll(
  servers: string,
  { job, topic }: { readonly job: string; readonly topic: string },
): Promise<boolean> {
  const client = new Client({
    bootstrap: servers.split(",").map(parseAddress),
    clientId: "chaos",
    connectTimeoutMs: 5_000,
    security: undefined,
    log: () => {},
  });
  await using broker = new KafkaBroker(client, "Kafka");
  const behindLast = new Map<number, number>();
  await using tail = await TopicTail.open(broker, topic);
  await tail.readOn(({ offset }, partition) => void behindLast.set(partition, offset + 1));
  const read = new Map<number, number>();
  for (const position of await groupPositions(client, job)) {
    if (position.topic === topic) read.set(position.partition, position.offset);
  }
  // Behind the last record of a partition there may be marks of transactions, which are in some positions and not in others.
  return [...behindLast].every(([partition, offset]) => (read.get(partition) ?? 0) >= offset);
}
