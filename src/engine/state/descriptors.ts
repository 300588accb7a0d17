import type { AggregateFunction, MigrationContext, ReduceFunction } from "./functions.ts";
import type { Key } from "./key.ts";
import { completeTtlConfig, type StateTtlConfig } from "./state_ttl_config.ts";

/**
 * Options of all descriptors.
 * @template T what is kept: a value, an element of a list, a value of a map, an accumulator; left out: of any state
 */
export interface StateDescriptorOptions<T = never> {
  /** Of the shape of what is kept, a whole number that grows with each change; default 1. */
  readonly version?: number;
  /**
   * Makes what this version keeps out of what an older one has stored. It is called once for each stored value, element or entry,
   * when the state is asked for first; the next commit stores all of them and the new version, in one transaction. Pure; what an
   * older version is not known for, it throws, and the job does not start. Left out: an older version's state is refused.
   *
   * @example
   * ```ts
   * interface Total {
   *   readonly cents: number;
   * }
   *
   * const total = new ValueStateDescriptor<Total>("total", {
   *   version: 2,
   *   migrate: (old, { version }) => {
   *     if (version === 1) return { cents: Math.round((old as number) * 100) }; // it was a number of euros
   *     throw new Error(`version ${version} is not known`);
   *   },
   * });
   * console.log(total.version);
   * ```
   */
  migrate?(old: unknown, context: MigrationContext): T;
  /** How long values live; default: for ever. */
  readonly ttl?: StateTtlConfig;
}

/**
 * Names a state and the shape of what it holds.
 *
 * Change `version` together with the shape: a job then refuses to read what an older one wrote, instead of misreading it, or
 * converts it with `migrate()`.
 */
export abstract class StateDescriptor {
  /** Tells the kinds apart. */
  abstract readonly kind: "value" | "list" | "map" | "reducing" | "aggregating";
  /** Unique among the states of its operator. */
  readonly name: string;
  /** Of the shape of what is kept. */
  readonly version: number;
  /** With its defaults filled in. */
  readonly ttl: Required<StateTtlConfig> | undefined;
  /** Reads what older versions wrote; undefined: nothing does. */
  readonly migrate: ((old: unknown, context: MigrationContext) => unknown) | undefined;

  /**
   * A description; it can be made anywhere, and used by any operator.
   * @param name unique among the states of its operator
   * @throws {TypeError} if the name is empty, the version is not a whole number, there is `migrate` without a version, or the ttl
   *   has an unknown word
   * @throws {RangeError} if the ttl is not > 0
   */
  constructor(name: string, options: StateDescriptorOptions<unknown> = {}) {
    const { version = 1, ttl, migrate } = options;
    if (name === "") throw new TypeError("Cannot describe a state without a name");
    if (!Number.isInteger(version)) {
      throw new TypeError(
        `Cannot describe state "${name}": its version must be a whole number, current value is ${version}`,
      );
    }
    if (migrate !== undefined && options.version === undefined) {
      throw new TypeError(
        `Cannot describe state "${name}": it has migrate() but no version, by which it would know what an older one wrote`,
      );
    }
    this.name = name;
    this.version = version;
    this.migrate = migrate;
    this.ttl = ttl && completeTtlConfig(name, ttl);
  }
}

/** Describes a state of one value per key. */
export class ValueStateDescriptor<T> extends StateDescriptor {
  /** Tells the kinds apart. */
  readonly kind = "value";
  /** Carries the type only. */
  declare readonly valueType?: T;

  /**
   * A description; it can be made anywhere, and used by any operator.
   * @throws {TypeError | RangeError} if an option makes no sense
   */
  constructor(name: string, options: StateDescriptorOptions<T> = {}) {
    super(name, options);
  }
}

/** Describes a state of one list per key. */
export class ListStateDescriptor<T> extends StateDescriptor {
  /** Tells the kinds apart. */
  readonly kind = "list";
  /** Carries the type only. */
  declare readonly elementType?: T;

  /**
   * A description; it can be made anywhere, and used by any operator.
   * @throws {TypeError | RangeError} if an option makes no sense
   */
  constructor(name: string, options: StateDescriptorOptions<T> = {}) {
    super(name, options);
  }
}

/** Describes a state of one map per key. What it is keyed by is what records can be keyed by. */
export class MapStateDescriptor<K extends Key, V> extends StateDescriptor {
  /** Tells the kinds apart. */
  readonly kind = "map";
  /** Carries the types only. */
  declare readonly entryType?: readonly [K, V];

  /**
   * A description; it can be made anywhere, and used by any operator.
   * @throws {TypeError | RangeError} if an option makes no sense
   */
  constructor(name: string, options: StateDescriptorOptions<V> = {}) {
    super(name, options);
  }
}

/** Describes a state of one value per key into which others are folded. */
export class ReducingStateDescriptor<T> extends StateDescriptor {
  /** Tells the kinds apart. */
  readonly kind = "reducing";
  /** Folds a value into what is kept. */
  readonly reduceFunction: ReduceFunction<T>;

  /**
   * As other descriptors, with the function that folds.
   * @throws {TypeError} also if there is no function
   */
  constructor(name: string, reduceFunction: ReduceFunction<T>, options: StateDescriptorOptions<T> = {}) {
    super(name, options);
    if (typeof reduceFunction !== "function") {
      throw new TypeError(
        `Cannot describe state "${name}": its reduce function must be a function, current value is ${reduceFunction}`,
      );
    }
    this.reduceFunction = reduceFunction;
  }
}

/** Describes a state of one accumulator per key. */
export class AggregatingStateDescriptor<IN, ACC, OUT> extends StateDescriptor {
  /** Tells the kinds apart. */
  readonly kind = "aggregating";
  /** Folds a value into what is kept, and makes the result. */
  readonly aggregateFunction: AggregateFunction<IN, ACC, OUT>;

  /**
   * As other descriptors, with the function that folds.
   * @throws {TypeError} also if the function lacks one of its methods
   */
  constructor(
    name: string,
    aggregateFunction: AggregateFunction<IN, ACC, OUT>,
    options: StateDescriptorOptions<ACC> = {},
  ) {
    super(name, options);
    for (const method of ["createAccumulator", "add", "getResult", "merge"] as const) {
      if (typeof aggregateFunction?.[method] === "function") continue;
      throw new TypeError(`Cannot describe state "${name}": its aggregate function has no ${method}()`);
    }
    this.aggregateFunction = aggregateFunction;
  }
}
