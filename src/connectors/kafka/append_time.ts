import type { Client } from "./client.ts";
import { topicSetting } from "./topics.ts";

const SETTING = "message.timestamp.type";

/** Logs a warning for each topic in which the broker overwrites the records' timestamps with its own, once in a program. */
export async function warnOfAppendTime(client: Client, topics: readonly string[]): Promise<void> {
  for (const topic of topics) {
    const once = `${SETTING} of ${topic}`;
    if (client.warnedOf.has(once) || await topicSetting(client, topic, SETTING) !== "LogAppendTime") continue;
    client.warnedOf.add(once);
    client.log(
      "warn",
      `the topic "${topic}" has ${SETTING}=LogAppendTime: the broker puts the time of writing in place of each record's event ` +
        "time, and that is what its readers compute with; set it to CreateTime",
    );
  }
}
