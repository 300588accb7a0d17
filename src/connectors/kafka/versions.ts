/** Which versions of its requests a broker takes. */
import { BrokerError } from "../broker.ts";
import type { Codec } from "./codecs/codec.ts";
import { exchangeOf } from "./codecs/codec.ts";
import { METADATA } from "./codecs/metadata.ts";
import type { ApiVersions, Exchange } from "./kafkajs.ts";
import { apiKeys, definitions, lookupIn } from "./kafkajs.ts";
import type { Apis } from "./protocol.ts";

/** Our own codecs, for versions that kafkajs does not have. */
const OWN: readonly Codec[] = [METADATA as Codec];

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

/**
 * Versions that are not asked for, though kafkajs knows them. From version 11 of Fetch on, followers of a partition answer
 * consumers too (KIP-392): one that lags would hide records that the leader has told of.
 */
const NEWEST_WANTED: Readonly<Record<string, number>> = { Fetch: 10 };

/** A request in the newest version that we and the broker know. @throws {BrokerError} if there is none */
export function newestRequest<Name extends keyof Apis>(
  versions: ApiVersions,
  api: Name,
  args: Apis[Name]["args"],
  where: string,
): Exchange {
  const known = definitions[api]!;
  const wanted = NEWEST_WANTED[api] ?? Infinity;
  const definition = { ...known, versions: known.versions.filter((version) => Number(version) <= wanted) };
  const apiKey = apiKeys[api]!;
  const supported = versions[apiKey];
  const own = OWN.find((codec) => codec.api === api) as Codec<Name> | undefined;
  if (own !== undefined && supported !== undefined) {
    const version = Math.min(own.maxVersion, supported.maxVersion);
    if (version >= Math.max(own.minVersion, supported.minVersion)) return exchangeOf(own, args, version);
  }
  const newest = Math.max(...definition.versions.map(Number));
  if (supported === undefined || supported.minVersion > newest) {
    const ours = own?.maxVersion ?? newest;
    throw new BrokerError(
      `Cannot use Kafka at ${where}: it takes ${api} requests ` +
        `${supported === undefined ? "in no version" : `from version ${supported.minVersion} on, we have ${ours}`}`,
    );
  }
  return lookupIn(versions)(apiKey, definition)(args);
}
