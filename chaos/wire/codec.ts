/** From the bytes of a message to its fields and back, by Kafka's own definitions. */
import { type FieldDefinition, holds, type MessageDefinition } from "./definitions.ts";
import { WireReader, WireWriter } from "./wire_bytes.ts";

/** The value of a field: int64 as bigint, a uuid as hex digits. */
export type Value = boolean | number | bigint | string | null | Uint8Array | Message | readonly Value[];

/**
 * The fields of a message, or of a structure in it, by their names in Kafka's definitions.
 *
 * Tagged fields that the definition does not know are kept under {@link UNKNOWN_TAGS}, so that a message is written as it was read.
 */
// deno-lint-ignore no-explicit-any -- as JSON: whoever reads a field knows its definition
export type Message = Record<string, any>;

const UNKNOWN_TAGS = Symbol("tagged fields that the definition does not know");

/** Reads a message that begins at the reader. @throws {RangeError} if it does not follow the definition */
export function readMessage(reader: WireReader, definition: MessageDefinition, version: number): Message {
  return readStruct(reader, definition.fields, { version, flexible: holds(definition.flexible, version) });
}

/** Writes a message. Fields that are undefined get their defaults. */
export function writeMessage(writer: WireWriter, definition: MessageDefinition, version: number, message: Message) {
  writeStruct(writer, definition.fields, message, { version, flexible: holds(definition.flexible, version) });
}

interface Style {
  readonly version: number;
  readonly flexible: boolean;
}

function readStruct(reader: WireReader, fields: readonly FieldDefinition[], style: Style): Message {
  const message: Message = {};
  const tagged = new Map<number, FieldDefinition>();
  for (const field of fields) {
    if (!holds(field.versions, style.version)) continue;
    if (field.tag === undefined) message[field.name] = readField(reader, field, style);
    else tagged.set(field.tag, field);
  }
  if (!style.flexible) return message;
  for (let count = reader.uvarint(); count > 0; count--) {
    const tag = reader.uvarint();
    const bytes = reader.take(reader.uvarint());
    const field = tagged.get(tag);
    if (field !== undefined) message[field.name] = readField(new WireReader(bytes), field, style);
    else unknownTags(message).push([tag, bytes]);
  }
  return message;
}

function writeStruct(writer: WireWriter, fields: readonly FieldDefinition[], message: Message, style: Style): void {
  const tagged: [tag: number, bytes: Uint8Array][] = [];
  for (const field of fields) {
    if (!holds(field.versions, style.version)) continue;
    const value = message[field.name];
    if (field.tag === undefined) {
      writeField(writer, field, value === undefined ? defaultOf(field, style) : value, style);
    } else if (value !== undefined) {
      const own = new WireWriter();
      writeField(own, field, value, style);
      tagged.push([field.tag, own.written()]);
    }
  }
  if (!style.flexible) return;
  const all = [...tagged, ...unknownTags(message)].sort(([a], [b]) => a - b);
  writer.uvarint(all.length);
  for (const [tag, bytes] of all) {
    writer.uvarint(tag);
    writer.uvarint(bytes.length);
    writer.put(bytes);
  }
}

function unknownTags(message: Message): [tag: number, bytes: Uint8Array][] {
  const holder = message as { [UNKNOWN_TAGS]?: [number, Uint8Array][] };
  return holder[UNKNOWN_TAGS] ??= [];
}

function readField(reader: WireReader, field: FieldDefinition, style: Style): Value {
  if (!field.array) return readOne(reader, field, style);
  const length = style.flexible ? reader.uvarint() - 1 : reader.int32();
  if (length < 0) return null;
  return Array.from({ length }, () => readOne(reader, field, style));
}

function writeField(writer: WireWriter, field: FieldDefinition, value: Value, style: Style): void {
  if (!field.array) return writeOne(writer, field, value, style);
  const elements = value as readonly Value[] | null;
  const length = elements === null ? -1 : elements.length;
  if (style.flexible) writer.uvarint(length + 1);
  else writer.int32(length);
  for (const element of elements ?? []) writeOne(writer, field, element, style);
}

function readOne(reader: WireReader, field: FieldDefinition, style: Style): Value {
  switch (field.type) {
    case "{}":
      // A nullable structure has a byte before it that says whether it is there.
      if (!field.array && holds(field.nullable, style.version) && reader.int8() < 0) return null;
      return readStruct(reader, field.fields, style);
    case "bool":
      return reader.int8() !== 0;
    case "int8":
      return reader.int8();
    case "int16":
      return reader.int16();
    case "int32":
      return reader.int32();
    case "int64":
      return reader.int64();
    case "uuid":
      return reader.take(16).toHex();
    case "string": {
      const length = style.flexible ? reader.uvarint() - 1 : reader.int16();
      return length < 0 ? null : new TextDecoder().decode(reader.take(length));
    }
    case "bytes":
    case "records": {
      const length = style.flexible ? reader.uvarint() - 1 : reader.int32();
      return length < 0 ? null : reader.take(length);
    }
    default:
      throw new RangeError(`Cannot read the field "${field.name}": nobody here knows the type "${field.type}"`);
  }
}

function writeOne(writer: WireWriter, field: FieldDefinition, value: Value, style: Style): void {
  switch (field.type) {
    case "{}":
      if (!field.array && holds(field.nullable, style.version)) {
        writer.int8(value === null ? -1 : 1);
        if (value === null) return;
      }
      return writeStruct(writer, field.fields, value as Message, style);
    case "bool":
      return writer.int8(value === true ? 1 : 0);
    case "int8":
      return writer.int8(value as number);
    case "int16":
      return writer.int16(value as number);
    case "int32":
      return writer.int32(value as number);
    case "int64":
      return writer.int64(BigInt(value as bigint | number));
    case "uuid":
      return writer.put(Uint8Array.fromHex(value as string));
    case "string": {
      const bytes = value === null ? undefined : new TextEncoder().encode(value as string);
      if (style.flexible) writer.uvarint((bytes?.length ?? -1) + 1);
      else writer.int16(bytes?.length ?? -1);
      return writer.put(bytes ?? new Uint8Array());
    }
    case "bytes":
    case "records": {
      const bytes = value as Uint8Array | null;
      if (style.flexible) writer.uvarint((bytes?.length ?? -1) + 1);
      else writer.int32(bytes?.length ?? -1);
      return writer.put(bytes ?? new Uint8Array());
    }
    default:
      throw new RangeError(`Cannot write the field "${field.name}": nobody here knows the type "${field.type}"`);
  }
}

function defaultOf(field: FieldDefinition, { version }: Style): Value {
  if (field.array) return [];
  if (field.default === "null" && holds(field.nullable, version)) return null;
  switch (field.type) {
    case "{}":
      return {};
    case "bool":
      return field.default === "true";
    case "uuid":
      return "0".repeat(32);
    case "string":
      return field.default === "null" ? "" : field.default ?? "";
    case "bytes":
    case "records":
      return holds(field.nullable, version) ? null : new Uint8Array();
    case "int64":
      return BigInt(field.default ?? 0);
    default:
      return Number(field.default ?? 0);
  }
}
