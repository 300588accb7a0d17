/**
 * Extracts Kafka's own definitions of its messages from the jar of its clients, and writes those that the proxy uses to
 * messages.txt, without their comments. Run it once for each Kafka with new versions:
 *
 *     deno run --allow-run=unzip --allow-write=chaos/wire chaos/wire/take_definitions.ts .kafka/…/kafka-clients-4.1.0.jar
 */
const APIS = [
  ..."Produce Fetch ListOffsets Metadata OffsetCommit OffsetFetch FindCoordinator JoinGroup Heartbeat LeaveGroup".split(
    " ",
  ),
  ..."SyncGroup DescribeGroups ApiVersions CreateTopics DeleteTopics InitProducerId AddPartitionsToTxn".split(" "),
  ..."AddOffsetsToTxn EndTxn TxnOffsetCommit DescribeConfigs AlterConfigs CreatePartitions DeleteGroups".split(" "),
  ..."IncrementalAlterConfigs DescribeCluster DescribeTransactions".split(" "),
];

interface Definition {
  readonly apiKey: number;
  readonly type: "request" | "response";
  readonly validVersions: string;
  readonly flexibleVersions: string;
  readonly fields: readonly Field[];
  readonly commonStructs?: readonly { readonly name: string; readonly fields: readonly Field[] }[];
}

interface Field {
  readonly name: string;
  readonly type: string;
  readonly versions: string;
  readonly nullableVersions?: string;
  readonly tag?: number;
  readonly default?: string | number;
  readonly fields?: readonly Field[];
}

async function definitionIn(jar: string, name: string): Promise<Definition> {
  const { success, stdout, stderr } = await new Deno.Command("unzip", {
    args: ["-p", jar, `common/message/${name}.json`],
  }).output();
  if (!success) throw new Error(`Cannot take "${name}" from ${jar}: ${new TextDecoder().decode(stderr)}`);
  return JSON.parse(new TextDecoder().decode(stdout).replaceAll(/^\s*\/\/.*$/gm, ""));
}

/** A line for each field; the fields of a structure stand under it, two blanks to the right. */
function linesOf(fields: readonly Field[], common: Definition["commonStructs"], indent: string): string[] {
  return fields.flatMap((field) => {
    const array = field.type.startsWith("[]");
    const element = array ? field.type.slice(2) : field.type;
    const below = field.fields ?? common?.find(({ name }) => name === element)?.fields;
    const words = [
      field.name[0]!.toLowerCase() + field.name.slice(1),
      (array ? "[]" : "") + (below === undefined ? element : "{}"),
      field.versions,
    ];
    if (field.nullableVersions !== undefined) words.push(`nullable=${field.nullableVersions}`);
    if (field.tag !== undefined) words.push(`tag=${field.tag}`);
    if (field.default !== undefined) words.push(`default=${String(field.default).toLowerCase()}`);
    return [indent + words.join(" "), ...linesOf(below ?? [], common, `${indent}  `)];
  });
}

const jar = Deno.args[0]!;
const lines = [
  `# Kafka's own definitions of its messages, from ${
    jar.split("/").at(-1)
  } (Apache License 2.0); written by take_definitions.ts`,
];
for (const api of APIS) {
  for (const kind of ["Request", "Response"]) {
    const { apiKey, type, validVersions, flexibleVersions, fields, commonStructs } = await definitionIn(
      jar,
      api + kind,
    );
    lines.push(`${type} ${api} ${apiKey} versions=${validVersions} flexible=${flexibleVersions}`);
    lines.push(...linesOf(fields, commonStructs, "  "));
  }
}
await Deno.writeTextFile(new URL("messages.txt", import.meta.url), `${lines.join("\n")}\n`);
