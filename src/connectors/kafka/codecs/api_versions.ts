import type { ByteReader } from "../bytes.ts";
import { Code } from "../error_codes.ts";
import type { Codec } from "./codec.ts";
import { readArray, readTags, readText, writeNoTags, writeText } from "./flexible.ts";

const FINALIZED_FEATURES = 2;

/** ApiVersions, version 3: the client sends its name, and the answer has the features that the cluster has switched on (KIP-584). */
export const API_VERSIONS: Codec<"ApiVersions"> = {
  api: "ApiVersions",
  minVersion: 3,
  maxVersion: 3,

  encode(writer, { software: { name, version } }) {
    writeText(writer, name);
    writeText(writer, version);
    writeNoTags(writer);
  },

  decode(reader) {
    const errorCode = reader.int16();
    const features = new Map<string, number>();
    // A broker that does not know this version answers in version 0, whose body is another one.
    if (errorCode === Code.UNSUPPORTED_VERSION) {
      return { errorCode, apiVersions: [], features, clientSideThrottleTime: 0 };
    }
    const apiVersions = readArray(reader, (each) => {
      const api = { apiKey: each.int16(), minVersion: each.int16(), maxVersion: each.int16() };
      readTags(each);
      return api;
    });
    const clientSideThrottleTime = reader.int32();
    readTags(reader, {
      [FINALIZED_FEATURES]: (field) => {
        for (const { name, level } of readArray(field, readFeature)) features.set(name, level);
      },
    });
    return { errorCode, apiVersions, features, clientSideThrottleTime };
  },
};

function readFeature(reader: ByteReader): { name: string; level: number } {
  const feature = { name: readText(reader)!, level: reader.int16() };
  reader.int16(); // the lowest level
  readTags(reader);
  return feature;
}
