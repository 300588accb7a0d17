import { parseTime, UsageError, wholeNumber } from "../../utils.ts";
import type { Flags, FlagValues } from "../../utils.ts";
import type { Letter, Letters } from "./letters.ts";

/** Flags that choose letters. */
export const FILTER_FLAGS = {
  class: { short: "c", value: "C", help: "only of this class: RecordError, LateRecord, TypeError, …" },
  operator: { value: "O", help: "only what died in this operator (or source)" },
  topic: { short: "t", value: "T", help: "only records of this topic" },
  since: { value: "TIME", parse: parseTime, help: "only what died at this time or later" },
  last: { value: "N", parse: wholeNumber({ min: 1 }), help: "of these only the last N" },
} as const satisfies Flags;

/** What they say. */
export type Filters = FlagValues<typeof FILTER_FLAGS>;

/** Ids on a command line: `3`, or `3-7` for all from 3 to 7. @throws {UsageError} if they cannot be used together with filters */
export function parseIds(texts: readonly string[], filters: Filters): ((id: number) => boolean) | undefined {
  if (texts.length === 0) return undefined;
  const given = Object.entries(filters).find(([name, value]) => name in FILTER_FLAGS && value !== undefined);
  if (given !== undefined) throw new UsageError(`Cannot use --${given[0]} together with ids: choose one`);
  const ranges = texts.map((text) => {
    const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(text) ?? [];
    if (first === undefined || Number(last) < Number(first)) {
      throw new UsageError(`"${text}" is no id of a letter, nor two such as 3-7: "list" shows them`);
    }
    return [Number(first), Number(last)] as const;
  });
  return (id) => ranges.some(([first, last]) => id >= first && id <= last);
}

/**
 * The letters that are meant.
 * @param ids if there are any, in place of filters
 * @throws {UsageError} if a single id names no letter
 */
export function selectLetters(
  { letters, resolved }: Letters,
  filters: Filters,
  options: { readonly ids?: readonly string[]; readonly all: boolean },
): Letter[] {
  const { ids = [], all } = options;
  const isMeant = parseIds(ids, filters);
  if (isMeant !== undefined) {
    const known = new Set(letters.map(({ id }) => id));
    const stranger = ids.find((text) => /^\d+$/.test(text) && !known.has(Number(text)));
    if (stranger !== undefined) {
      throw new UsageError(`There is no letter ${stranger}: "list --all" shows those that are`);
    }
    return letters.filter(({ id }) => isMeant(id));
  }
  const { class: errorClass, operator, topic, since, last = Number.POSITIVE_INFINITY } = filters;
  const found = letters.filter((letter) =>
    (all || !resolved.has(letter.id)) &&
    (errorClass === undefined || letter.errorClass === errorClass) &&
    (operator === undefined || letter.operator === operator) &&
    (topic === undefined || letter.origin?.topic === topic) &&
    (since === undefined || Date.parse(letter.time) >= since)
  );
  return found.slice(Math.max(0, found.length - last));
}
