import type { AggregateFunction, ReduceFunction } from "./functions.ts";
import type { Key } from "./key.ts";
import { completeTtlConfig, type StateTtlConfig } from "./state_ttl_config.ts";

/** Options of all descriptors. */
export interface StateDescriptorOptions {
  /** Of the shape of what is kept, a whole number, default 1. */
  readonly version?: number;
  /** How long values live; default: for ever. */
  readonly ttl?: StateTtlConfig;
}

/**
 * Names a state and the shape of what it holds.
 *
 * Change `version` together with the shape: a job then refuses to read what an older one wrote, instead of misreading it.
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

  /**
   * A description; it can be made anywhere, and used by any operator.
   * @param name unique among the states of its operator
   * @throws {TypeError} if the name is empty, the version is not a whole number or the ttl has an unknown word
   * @throws {RangeError} if the ttl is not > 0
   */
  constructor(name: string, options: StateDescriptorOptions = {}) {
    const { version = 1, ttl } = options;
    if (name === "") throw new TypeError("Cannot describe a state without a name");
    if (!Number.isInteger(version)) {
      throw new TypeError(
        `Cannot describe state "${name}": its version must be a whole number, current value is ${version}`,
      );
    }
    this.name = name;
    this.version = version;
    this.ttl = ttl && completeTtlConfig(name, ttl);
  }
}

/** Describes a state of one value per key. */
export class ValueStateDescriptor<T> extends StateDescriptor {
  /** Tells the kinds apart. */
  readonly kind = "value";
  /** Carries the type only. */
  declare readonly valueType?: T;
}

/** Describes a state of one list per key. */
export class ListStateDescriptor<T> extends StateDescriptor {
  /** Tells the kinds apart. */
  readonly kind = "list";
  /** Carries the type only. */
  declare readonly elementType?: T;
}

/** Describes a state of one map per key. What it is keyed by is what records can be keyed by. */
export class MapStateDescriptor<K extends Key, V> extends StateDescriptor {
  /** Tells the kinds apart. */
  readonly kind = "map";
  /** Carries the types only. */
  declare readonly entryType?: readonly [K, V];
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
  constructor(name: string, reduceFunction: ReduceFunction<T>, options: StateDescriptorOptions = {}) {
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
    options: StateDescriptorOptions = {},
  ) {
    super(name, options);
    for (const method of ["createAccumulator", "add", "getResult", "merge"] as const) {
      if (typeof aggregateFunction?.[method] === "function") continue;
      throw new TypeError(`Cannot describe state "${name}": its aggregate function has no ${method}()`);
    }
    this.aggregateFunction = aggregateFunction;
  }
}
