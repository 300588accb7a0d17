/** An experiment behind a proxy that makes Kafka look like Redpanda. */
import { formatCount, type Logger } from "../src/utils.ts";
import { asRedpanda, redpandaHiccups, WireProxy } from "./wire/mod.ts";

/** One in this many of the requests that Redpanda may answer with −1 is answered so. */
const HICCUP_EVERY = 20;

/**
 * Runs an experiment with the proxy's address.
 *
 * @param servers the brokers of Kafka
 * @throws {Error} if a client has sent a request in a version that Redpanda does not have
 */
export async function behindRedpanda(
  servers: string,
  experiment: (servers: string) => Promise<void>,
  logger: Logger,
): Promise<void> {
  await using proxy = await WireProxy.start(servers, asRedpanda());
  const hiccups = redpandaHiccups(HICCUP_EVERY).map((rule) => proxy.add(rule));
  await experiment(proxy.bootstrapServers);
  const injected = hiccups.reduce((sum, { hits }) => sum + hits, 0);
  logger.info(`as Redpanda: ${formatCount(injected)} requests were answered with -1`);
  if (proxy.refused.length === 0) return;
  throw new Error(`Requests that Redpanda does not have: ${[...new Set(proxy.refused)].join(", ")}`);
}
