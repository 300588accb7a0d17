import type { Codec } from "./codec.ts";
import { readItems, writeItems } from "./classic.ts";

/** DescribeConfigs, version 2. */
export const DESCRIBE_CONFIGS: Codec<"DescribeConfigs"> = {
  api: "DescribeConfigs",
  minVersion: 2,
  maxVersion: 2,
  classic: true,

  encode(writer, { resources }) {
    writeItems(writer, resources, ({ type, name, configNames }) => {
      writer.int8(type);
      writer.string(name);
      writeItems(writer, configNames, (each) => writer.string(each));
    });
    writer.int8(0); // no synonyms
  },

  decode(reader) {
    const clientSideThrottleTime = reader.int32();
    const resources = readItems(reader, () => {
      const errorCode = reader.int16();
      reader.string(); // message
      reader.int8(); // type
      reader.string(); // name
      const configEntries = readItems(reader, () => {
        const entry = { configName: reader.string(), configValue: reader.nullableString() };
        reader.at += 3; // read only, source, sensitive
        readItems(reader, () => void [reader.string(), reader.string(), reader.int8()]); // synonyms
        return entry;
      });
      return { errorCode, configEntries };
    });
    return { clientSideThrottleTime, resources };
  },
};
