/** Kafka's definitions of its messages, from messages.txt. */

/** A range of versions; `undefined` stands for no version. */
export interface VersionRange {
  readonly min: number;
  readonly max: number;
}

/** A field of a message. */
export interface FieldDefinition {
  readonly name: string;
  /** "int32", "string", …; "{}" for a structure. */
  readonly type: string;
  readonly array: boolean;
  readonly versions: VersionRange;
  readonly nullable: VersionRange | undefined;
  /** Its number, if it is one of the tagged fields at the end. */
  readonly tag: number | undefined;
  /** Its default value, as text. */
  readonly default: string | undefined;
  /** The fields of a structure. */
  readonly fields: readonly FieldDefinition[];
}

/** A request, or the answer to it. */
export interface MessageDefinition {
  readonly api: string;
  readonly apiKey: number;
  readonly versions: VersionRange;
  /** From this version on lengths are of variable length, and there are tagged fields. */
  readonly flexible: VersionRange | undefined;
  readonly fields: readonly FieldDefinition[];
}

/** One api: its request and its answer. */
export interface ApiDefinition {
  readonly api: string;
  readonly apiKey: number;
  readonly request: MessageDefinition;
  readonly response: MessageDefinition;
}

/** Whether a range holds a version. */
export function holds(range: VersionRange | undefined, version: number): boolean {
  return range !== undefined && version >= range.min && version <= range.max;
}

let known: ReadonlyMap<number, ApiDefinition> | undefined;

/** All apis that the proxy understands, by their key. Reads messages.txt beside this file, once. */
export function apiDefinitions(): ReadonlyMap<number, ApiDefinition> {
  known ??= parse(Deno.readTextFileSync(new URL("messages.txt", import.meta.url)));
  return known;
}

/** @throws {RangeError} naming those that exist */
export function apiNamed(api: string): ApiDefinition {
  const apis = [...apiDefinitions().values()];
  const found = apis.find((each) => each.api === api);
  if (found !== undefined) return found;
  throw new RangeError(`Cannot find the api "${api}": there are ${apis.map(({ api }) => api).join(", ")}`);
}

function parse(text: string): ReadonlyMap<number, ApiDefinition> {
  const found = new Map<number, Partial<Record<"request" | "response", MessageDefinition>>>();
  // The list to which a line of that depth belongs.
  let lists: FieldDefinition[][] = [];
  for (const line of text.split("\n")) {
    if (line === "" || line.startsWith("#")) continue;
    const depth = line.search(/\S/) / 2;
    const words = line.trim().split(" ");
    const option = (name: string) => words.find((word) => word.startsWith(`${name}=`))?.slice(name.length + 1);
    const fields: FieldDefinition[] = [];
    if (depth === 0) {
      const [kind, api, key] = words as ["request" | "response", string, string];
      const message: MessageDefinition = {
        api,
        apiKey: Number(key),
        versions: rangeOf(option("versions")!)!,
        flexible: rangeOf(option("flexible")!),
        fields,
      };
      found.set(message.apiKey, { ...found.get(message.apiKey), [kind]: message });
      lists = [];
    } else {
      const [name, type, versions] = words as [string, string, string];
      const [nullable, tag] = [option("nullable"), option("tag")];
      lists[depth - 1]!.push({
        name,
        type: type.replace("[]", ""),
        array: type.startsWith("[]"),
        versions: rangeOf(versions)!,
        nullable: nullable === undefined ? undefined : rangeOf(nullable),
        tag: tag === undefined ? undefined : Number(tag),
        default: option("default"),
        fields,
      });
    }
    lists[depth] = fields;
  }
  return new Map(
    [...found].map(([apiKey, { request, response }]) => {
      return [apiKey, { api: request!.api, apiKey, request: request!, response: response! }];
    }),
  );
}

/** "4+", "0-12", "3" or "none". */
function rangeOf(text: string): VersionRange | undefined {
  if (text === "none") return undefined;
  const [, min, plus, max] = /^(\d+)(\+)?(?:-(\d+))?$/.exec(text)!;
  return { min: Number(min), max: plus === undefined ? Number(max ?? min) : Infinity };
}
