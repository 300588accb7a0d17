/** Which versions of which requests the proxy lets its clients see. */
import type { Message } from "./codec.ts";
import { apiDefinitions } from "./definitions.ts";
import type { Answered, WireFilter } from "./filter.ts";
import type { WireRequest } from "./request.ts";

/** Lowest and highest version of each api, by its key. */
export type VersionTable = Readonly<Record<string, readonly [min: number, max: number]>>;

const UNSUPPORTED_VERSION = 35;

/** Makes a broker look as if it had only the versions of a table; a client that sends others is disconnected, as by a broker. */
export class VersionCap implements WireFilter {
  readonly apis = ["ApiVersions"];
  /** Requests outside of the table: a client that respects the versions it is shown sends no such request. */
  readonly refused: string[] = [];
  readonly #table: VersionTable;

  constructor(table: VersionTable) {
    this.#table = table;
  }

  /** Whether a request of any api passes. */
  allows({ api, apiKey, version }: WireRequest): boolean {
    const allowed = this.#table[apiKey];
    const passes = allowed !== undefined && version >= allowed[0] && version <= allowed[1];
    // A client may begin with too new a version of ApiVersions; the answer says which one to use.
    if (passes || api === "ApiVersions") return true;
    this.refused.push(`${api} ${version}`);
    return false;
  }

  request(request: WireRequest): Answered | undefined {
    const [, max] = this.#table[request.apiKey] ?? [0, 0];
    if (request.version <= max) return undefined;
    const apiKeys = Object.entries(this.#table).map(([apiKey, [minVersion, maxVersion]]) => {
      return { apiKey: Number(apiKey), minVersion, maxVersion };
    });
    return { answer: { errorCode: UNSUPPORTED_VERSION, apiKeys }, version: 0 };
  }

  answer(_: WireRequest, answer: Message): boolean {
    cap(answer, (apiKey) => this.#table[apiKey]);
    // Features are about versions too.
    for (const tagged of ["supportedFeatures", "finalizedFeaturesEpoch", "finalizedFeatures", "zkMigrationReady"]) {
      delete answer[tagged];
    }
    return true;
  }
}

/** Limits clients to the versions that the proxy can read, for those apis that it must read. */
export class ReadableVersions implements WireFilter {
  readonly apis = ["ApiVersions"];

  answer(_: WireRequest, answer: Message): boolean {
    cap(answer, (apiKey) => {
      const known = apiDefinitions().get(apiKey)?.request.versions;
      return known === undefined ? [-Infinity, Infinity] : [known.min, known.max];
    });
    return true;
  }
}

function cap(answer: Message, rangeOf: (apiKey: number) => readonly [number, number] | undefined): void {
  answer.apiKeys = (answer.apiKeys as Message[]).flatMap(({ apiKey, minVersion, maxVersion }) => {
    const [min, max] = rangeOf(apiKey) ?? [Infinity, -Infinity];
    const own = { apiKey, minVersion: Math.max(minVersion, min), maxVersion: Math.min(maxVersion, max) };
    return own.minVersion <= own.maxVersion ? [own] : [];
  });
}
