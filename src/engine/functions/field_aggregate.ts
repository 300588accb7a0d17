import type { ReduceFunction } from "./functions.ts";

/** What can name a field of `T`; of a tuple its position. */
export type Field<T> = (keyof T & string) | number;

/** A record whose field `N` holds a number. */
export type HasNumber<N extends PropertyKey> = { readonly [Name in N]: number };

/**
 * A record whose field `N` can be compared: it holds numbers, compared by size, or texts, compared by their UTF-16 code units as
 * in Java, but not both.
 */
export type HasComparable<N extends PropertyKey> = HasNumber<N> | { readonly [Name in N]: string };

/** What is kept of a key's records. */
export type Aggregation = "sum" | "min" | "max" | "minBy" | "maxBy";

/** A fold of records by one of their fields. */
export interface FieldAggregate<T> {
  /** For explain, and stored with the state: `sum of "price"`. */
  readonly description: string;
  /** @throws {TypeError} if the record's field cannot be folded */
  check(value: T): void;
  /** @throws {TypeError} if one record's field is a number and the other's text; both must have passed `check()` */
  checkAlike(a: T, b: T): void;
  /** Both must have passed `check()`. */
  readonly reduce: ReduceFunction<T>;
}

/**
 * The fold of an {@link Aggregation}. `sum`, `min` and `max` keep the first record and put the result into its field; `minBy` and
 * `maxBy` keep the record that has the smallest or largest one.
 *
 * @param field a name, or of a tuple a position
 * @param first whether `minBy` and `maxBy` keep the first of several equal records; false: the last
 * @see Flink: SumAggregator, ComparableAggregator
 */
export function fieldAggregate<T>(
  aggregation: Aggregation,
  field: string | number,
  first = true,
): FieldAggregate<T> {
  const name = JSON.stringify(field);
  const refused = (why: string) => new TypeError(`Cannot take ${aggregation}() of field ${name}: ${why}`);
  const fieldOf = (value: T) => (value as Record<string | number, number | string>)[field]!;
  const smaller = aggregation === "min" || aggregation === "minBy";
  const checkAlike = (one: T, other: T) => {
    const [a, b] = [typeof fieldOf(one), typeof fieldOf(other)];
    if (a !== b) throw refused(`it is ${a} in one record and ${b} in another`);
  };
  const reduce: ReduceFunction<T> = (accumulated, next) => {
    checkAlike(accumulated, next);
    const [a, b] = [fieldOf(accumulated), fieldOf(next)];
    if (aggregation === "sum") return withField(accumulated, field, (a as number) + (b as number));
    const better = smaller ? b < a : b > a;
    if (aggregation === "min" || aggregation === "max") return better ? withField(accumulated, field, b) : accumulated;
    return better || (!first && a === b) ? next : accumulated;
  };
  return {
    description: `${aggregation} of ${name}`,
    check(value) {
      const given: unknown = (value as Record<string | number, unknown> | null | undefined)?.[field];
      if (Array.isArray(value) && typeof field === "string") throw refused("a tuple's fields are positions, from 0");
      if (Number.isFinite(given) || (typeof given === "string" && aggregation !== "sum")) return;
      const wanted = aggregation === "sum" ? "a finite number" : "a finite number or text";
      throw refused(
        `it must be ${wanted}, in this record it is ${
          typeof given === "number" || given === null ? given : typeof given
        }`,
      );
    },
    checkAlike,
    reduce,
  };
}

/** A copy, as values of state must not be changed. */
function withField<T>(value: T, field: string | number, to: number | string): T {
  return Array.isArray(value) ? value.with(field as number, to) as T : { ...value, [field]: to };
}
