import type { Client } from "./client.ts";
import { patiently } from "./patience.ts";

/**
 * Logs a warning for each topic with one replica in a cluster of several brokers, once in a program: with that broker the topic
 * would be lost, and nothing else warns of that before.
 */
export async function warnOfSingleReplicas(client: Client, topics: readonly string[]): Promise<void> {
  const fresh = topics.filter((topic) => !client.warnedOf.has(topic));
  if (fresh.length === 0) return;
  const { brokers, topicMetadata } = await patiently(
    { doing: "count the replicas of topics" },
    () => client.metadata(fresh),
  );
  if (brokers.length < 2) return;
  for (const { topic, partitionMetadata } of topicMetadata) {
    if (!partitionMetadata.some(({ replicas }) => replicas.length === 1)) continue;
    client.warnedOf.add(topic);
    client.log(
      "warn",
      `the topic "${topic}" has one replica, though there are ${brokers.length} brokers: it is gone with the one that holds ` +
        `it; give it more replicas`,
    );
  }
}
