/** Which versions of its requests a broker takes. */
import { BrokerError } from "../broker.ts";
import type { ApiVersions, Exchange } from "./kafkajs.ts";
import { apiKeys, definitions, lookupIn } from "./kafkajs.ts";
import type { Apis } from "./protocol.ts";

/**
 * Asks for them.
 *
 * @param where the broker's address, for words
 * @throws {BrokerError} if it tells none
 */
export async function askVersions(
  where: string,
  exchange: (exchange: Exchange) => Promise<unknown>,
): Promise<ApiVersions> {
  for (const version of [2, 0]) {
    try {
      const answer = await exchange(definitions.ApiVersions!.protocol({ version })(undefined));
      const { apiVersions } = answer as Apis["ApiVersions"]["answer"];
      return Object.fromEntries(apiVersions.map((api) => [api.apiKey, api]));
    } catch (error) {
      // A broker older than this version says so, and takes version 0.
      if ((error as { type?: unknown }).type !== "UNSUPPORTED_VERSION") throw error;
    }
  }
  throw new BrokerError(`Cannot talk to Kafka at ${where}: it tells none of its versions`);
}

/** A request in the newest version that we and the broker know. @throws {BrokerError} if there is none */
export function newestRequest(versions: ApiVersions, api: string, args: unknown, where: string): Exchange {
  const definition = definitions[api]!;
  const apiKey = apiKeys[api]!;
  const supported = versions[apiKey];
  const newest = Math.max(...definition.versions.map(Number));
  if (supported === undefined || supported.minVersion > newest) {
    throw new BrokerError(
      `Cannot use Kafka at ${where}: it takes ${api} requests ` +
        `${supported === undefined ? "in no version" : `from version ${supported.minVersion} on, we have ${newest}`}`,
    );
  }
  return lookupIn(versions)(apiKey, definition)(args);
}
