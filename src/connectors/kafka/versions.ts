/** Which versions of the requests a broker supports. */
import { BrokerError } from "../broker_errors.ts";
import { API_KEYS } from "./api_keys.ts";
import { API_VERSIONS } from "./codecs/api_versions.ts";
import type { Codec } from "./codecs/codec.ts";
import { exchangeOf } from "./codecs/codec.ts";
import { FIND_COORDINATOR } from "./codecs/coordinator.ts";
import { DESCRIBE_CONFIGS } from "./codecs/describe_configs.ts";
import { DELETE_TOPICS } from "./codecs/delete_topics.ts";
import { END_TXN } from "./codecs/end_txn.ts";
import { FETCH } from "./codecs/fetch.ts";
import { DESCRIBE_GROUPS, HEARTBEAT, JOIN_GROUP, LEAVE_GROUP, SYNC_GROUP } from "./codecs/groups.ts";
import { INIT_PRODUCER_ID } from "./codecs/init_producer_id.ts";
import { METADATA } from "./codecs/metadata.ts";
import { LIST_OFFSETS, OFFSET_FETCH } from "./codecs/offsets.ts";
import { PRODUCE } from "./codecs/produce.ts";
import { ADD_OFFSETS, ADD_PARTITIONS, TXN_OFFSET_COMMIT } from "./codecs/transaction.ts";
import { Code } from "./error_codes.ts";
import { checkCode } from "./errors.ts";
import type { ApiVersions, Exchange } from "./exchange.ts";
import type { Apis, ApiVersionsAnswer } from "./protocol.ts";

/** Our own codecs: of versions that kafkajs does not know, and of all that a job asks for, so that it starts without kafkajs. */
const OWN: readonly Codec[] = [
  METADATA,
  FIND_COORDINATOR,
  FETCH,
  PRODUCE,
  LIST_OFFSETS,
  OFFSET_FETCH,
  JOIN_GROUP,
  SYNC_GROUP,
  HEARTBEAT,
  LEAVE_GROUP,
  DESCRIBE_GROUPS,
  ADD_PARTITIONS,
  ADD_OFFSETS,
  TXN_OFFSET_COMMIT,
  END_TXN,
  INIT_PRODUCER_ID,
  DELETE_TOPICS,
  DESCRIBE_CONFIGS,
] as readonly unknown[] as readonly Codec[];

const SOFTWARE = { name: "stream-apps-deno", version: "0.1" };

/** The versions and features of a broker. */
export interface BrokerVersions {
  readonly apis: ApiVersions;
  /** Levels of the cluster's features that are switched on; empty before Kafka 2.7. */
  readonly features: ReadonlyMap<string, number>;
}

/** Before a broker has been asked. */
export const NO_VERSIONS: BrokerVersions = { apis: {}, features: new Map() };

/**
 * Asks a broker for its versions and features.
 *
 * @param where the broker's address, for messages
 * @throws {BrokerError} if its answers hold no versions
 */
export async function askVersions(
  where: string,
  exchange: (exchange: Exchange) => Promise<unknown>,
): Promise<BrokerVersions> {
  const args = { software: SOFTWARE };
  const newest = await exchange(exchangeOf(API_VERSIONS, args, API_VERSIONS.maxVersion)) as ApiVersionsAnswer;
  if (newest.errorCode !== Code.UNSUPPORTED_VERSION) {
    checkCode(newest.errorCode, `agree on versions with Kafka at ${where}`);
    return brokerVersions(newest);
  }
  const { definitions } = await import("./kafkajs.ts");
  for (const version of [2, 0]) {
    try {
      return brokerVersions(await exchange(definitions.ApiVersions!.protocol({ version })(args)) as ApiVersionsAnswer);
    } catch (error) {
      // A broker that does not know this version answers with that error, and then supports version 0.
      if ((error as { type?: unknown }).type !== "UNSUPPORTED_VERSION") throw error;
    }
  }
  throw new BrokerError(`Cannot talk to Kafka at ${where}: its answer holds no versions`);
}

/**
 * Highest versions that are used, though kafkajs knows newer ones. From version 11 of Fetch on, followers of a partition serve
 * consumers too (KIP-392): one that lags would lack records below the end that the leader has reported.
 */
const NEWEST_WANTED: Readonly<Record<string, number>> = { Fetch: 10 };

/**
 * A request in the newest version that we and the broker know. kafkajs is loaded for what only it can encode.
 *
 * @throws {BrokerError} if no version is known to both
 */
export async function newestRequest<Name extends keyof Apis>(
  versions: BrokerVersions,
  api: Name,
  args: Apis[Name]["args"],
  where: string,
): Promise<Exchange> {
  const apiKey = API_KEYS[api];
  const supported = versions.apis[apiKey];
  const own = OWN.find((codec) => codec.api === api) as Codec<Name> | undefined;
  if (own !== undefined && supported !== undefined && isOn(own.feature, versions)) {
    const version = Math.min(own.maxVersion, supported.maxVersion);
    if (version >= Math.max(own.minVersion, supported.minVersion)) return exchangeOf(own, args, version);
  }
  const { definitions, lookupIn } = await import("./kafkajs.ts");
  const known = definitions[api]!;
  const wanted = NEWEST_WANTED[api] ?? Infinity;
  const definition = { ...known, versions: known.versions.filter((version) => Number(version) <= wanted) };
  const newest = Math.max(...definition.versions.map(Number));
  if (supported === undefined || supported.minVersion > newest) {
    const ours = own?.maxVersion ?? newest;
    throw new BrokerError(
      `Cannot use Kafka at ${where}: it takes ${api} requests ` +
        `${supported === undefined ? "in no version" : `from version ${supported.minVersion} on, we have ${ours}`}`,
    );
  }
  return lookupIn(versions.apis)(apiKey, definition)(args);
}

function isOn(feature: Codec["feature"], { features }: BrokerVersions): boolean {
  return feature === undefined || (features.get(feature.name) ?? 0) >= feature.level;
}

function brokerVersions({ apiVersions, features = new Map() }: ApiVersionsAnswer): BrokerVersions {
  return { apis: Object.fromEntries(apiVersions.map((api) => [api.apiKey, api])), features };
}
