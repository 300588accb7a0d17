/** What the environment says. */
import type { BrokerSettings } from "../connectors/open_broker.ts";
import type { Environment } from "./environment.ts";
import { oneOf, usable } from "./flags.ts";
import { kafkaSecurity, type ReadFile } from "./kafka_settings.ts";

export type { BrokerSettings };

/**
 * Which broker to use, from BOOTSTRAP_SERVERS, BROKER, BROKER_DIR (default: .broker) and BROKER_SYNC (default: normal), and
 * for Kafka KAFKA_SSL… and KAFKA_SASL…: TLS and a login.
 * @throws {UsageError} naming the variable that cannot be used
 */
export function brokerSettings(
  env: Environment = Deno.env,
  readFile: ReadFile = Deno.readTextFileSync,
): BrokerSettings {
  const setting = <V>(name: string, parse: (text: string) => V): V | undefined => {
    const text = env.get(name)?.trim();
    return text === undefined || text === "" ? undefined : usable(name, () => parse(text));
  };
  const bootstrapServers = setting("BOOTSTRAP_SERVERS", parseServers);
  const broker = setting("BROKER", oneOf("kafka", "embedded"));
  const security = broker === "embedded" ? undefined : kafkaSecurity(env, readFile, bootstrapServers !== undefined);
  return {
    ...(bootstrapServers && { bootstrapServers }),
    ...(security && { security }),
    ...(broker && { broker }),
    dir: setting("BROKER_DIR", (text) => text) ?? ".broker",
    sync: setting("BROKER_SYNC", oneOf("normal", "full")) ?? "normal",
  };
}

function parseServers(text: string): string[] {
  // Other systems have a login there: nothing of it may be repeated.
  if (text.includes("@")) throw new SyntaxError(`it holds a "@"; a login belongs in KAFKA_SASL_USERNAME and so on`);
  return text.split(",").map((part) => {
    const server = part.trim();
    const [, port] = /^(?:[^\s:/]+|\[[\da-f:.]+\]):(\d{1,5})$/i.exec(server) ?? [];
    if (port === undefined || Number(port) < 1 || Number(port) > 65_535) {
      throw new SyntaxError(`"${server}" is not host:port such as localhost:9092`);
    }
    return server;
  });
}
