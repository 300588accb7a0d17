/**
 * Names a state and the shape of what it holds.
 *
 * Change `version` together with the shape: a job then refuses to read what an older one wrote, instead of misreading it.
 */
export class ValueStateDescriptor<T> {
  readonly name: string;
  readonly version: number;
  /** Carries the type only. */
  declare readonly valueType?: T;

  /**
   * @param name unique among the states of its operator
   * @param options.version of the shape of `T`, a whole number, default 1
   * @throws {TypeError} if the name is empty or the version is not a whole number
   */
  constructor(name: string, options: { version?: number } = {}) {
    const version = options.version ?? 1;
    if (name === "") throw new TypeError("Cannot describe a state without a name");
    if (!Number.isInteger(version)) {
      throw new TypeError(
        `Cannot describe state "${name}": its version must be a whole number, current value is ${version}`,
      );
    }
    this.name = name;
    this.version = version;
  }
}

/**
 * One value for the current key (and window).
 *
 * Values are immutable by contract: `update()` with a new one, never change the one that `value()` gave. They must survive
 * `JSON.parse(JSON.stringify(x))`, which is how they are committed.
 */
export interface ValueState<T> {
  /** The value last given to `update()`, or undefined. */
  value(): T | undefined;
  /** `undefined` clears. */
  update(value: T | undefined): void;
  clear(): void;
}

/** Gives access to the states of the current key (and window). */
export interface KeyedStateStore {
  /**
   * The state of that name; the same one for the same name, also after a restart.
   * @throws {JobError} if the stored state was written by another version of the descriptor
   */
  getState<T>(descriptor: ValueStateDescriptor<T>): ValueState<T>;
}
