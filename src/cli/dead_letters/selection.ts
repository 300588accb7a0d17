import { parseTime, UsageError, wholeNumber } from "../../utils.ts";
import type { Flags, FlagValues } from "../../utils.ts";
import type { DeadLetterInfo, DeadLetterList } from "./dead_letters.ts";

/** Flags that choose dead letters. */
export const FILTER_FLAGS = {
  class: { short: "c", value: "C", help: "only of this class: RecordError, LateRecord, TypeError, …" },
  operator: { value: "O", help: "only what failed in this operator (or source)" },
  topic: { short: "t", value: "T", help: "only records of this topic" },
  since: { value: "TIME", parse: parseTime, help: "only what failed at this time or later" },
  last: { value: "N", parse: wholeNumber({ min: 1 }), help: "of these only the last N" },
} as const satisfies Flags;

/** The values of {@link FILTER_FLAGS}. */
export type Filters = FlagValues<typeof FILTER_FLAGS>;

/** Ids on a command line: `3`, or `3-7` for all from 3 to 7. @throws {UsageError} if they cannot be used together with filters */
export function parseIds(texts: readonly string[], filters: Filters): ((id: number) => boolean) | undefined {
  if (texts.length === 0) return undefined;
  const given = Object.entries(filters).find(([name, value]) => name in FILTER_FLAGS && value !== undefined);
  if (given !== undefined) throw new UsageError(`Cannot use --${given[0]} together with ids: choose one`);
  const ranges = texts.map((text) => {
    const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(text) ?? [];
    if (first === undefined || Number(last) < Number(first)) {
      throw new UsageError(
        `"${text}" is not the id of a dead letter, nor a range of them such as 3-7: "list" shows them`,
      );
    }
    return [Number(first), Number(last)] as const;
  });
  return (id) => ranges.some(([first, last]) => id >= first && id <= last);
}

/**
 * The dead letters that ids or filters choose.
 * @param ids used instead of filters, if there are any
 * @throws {UsageError} if an id names no dead letter
 */
export function selectDeadLetters(
  { letters, resolved }: DeadLetterList,
  filters: Filters,
  options: { readonly ids?: readonly string[]; readonly all: boolean },
): DeadLetterInfo[] {
  const { ids = [], all } = options;
  const isMeant = parseIds(ids, filters);
  if (isMeant !== undefined) {
    const known = new Set(letters.map(({ id }) => id));
    const unknown = ids.find((text) => /^\d+$/.test(text) && !known.has(Number(text)));
    if (unknown !== undefined) {
      throw new UsageError(`There is no dead letter ${unknown}: "list --all" shows those that exist`);
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
