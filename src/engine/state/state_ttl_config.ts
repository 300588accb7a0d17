/**
 * How long values of a state live.
 *
 * A value is expired when its last update + `ttlMs` has come, by the machine's clock or by event time. Entries of a map and elements of a list each have their own
 * time. The time of the last update is part of the commit: a restart renews nothing.
 * @see Flink: StateTtlConfig
 */
export interface StateTtlConfig {
  /** > 0 */
  readonly ttlMs: number;
  /**
   * What renews a value: being written (the default), or being read as well. `Disabled`: nothing expires, as if there were
   * no config.
   */
  readonly updateType?: "OnCreateAndWrite" | "OnReadAndWrite" | "Disabled";
  /**
   * Whether an expired value is never seen again (the default), or is returned once more if it is still there: the read
   * removes it. That is best effort: any use of the state, and each commit, drops what has expired.
   */
  readonly stateVisibility?: "NeverReturnExpired" | "ReturnExpiredIfNotCleanedUp";
  /**
   * Which time counts: that of the machine's clock (the default, and all that Flink has), or event time. By event time a value is
   * as old as the record or event-time timer says that asks for it: the difference between its own time, or the watermark if that is
   * further, and the largest such time at which the value was written. So a replay of an hour forgets what living through it would
   * have, at any speed. Records need timestamps; values are dropped behind the watermark.
   */
  readonly ttlTimeCharacteristic?: "ProcessingTime" | "EventTime";
}

const UPDATE_TYPES = ["OnCreateAndWrite", "OnReadAndWrite", "Disabled"];
const VISIBILITIES = ["NeverReturnExpired", "ReturnExpiredIfNotCleanedUp"];
const CHARACTERISTICS = ["ProcessingTime", "EventTime"];

/**
 * A config with its defaults filled in.
 * @param state its name, for messages
 * @throws {RangeError} if `ttlMs` is not > 0
 * @throws {TypeError} if one of the others is not one of its words
 */
export function completeTtlConfig(state: string, config: StateTtlConfig): Required<StateTtlConfig> {
  const {
    ttlMs,
    updateType = "OnCreateAndWrite",
    stateVisibility = "NeverReturnExpired",
    ttlTimeCharacteristic = "ProcessingTime",
  } = config;
  if (!(ttlMs > 0 && Number.isFinite(ttlMs))) {
    throw new RangeError(
      `Cannot describe state "${state}" as its ttlMs must be > 0 and finite: current value is ${ttlMs}`,
    );
  }
  for (
    const [field, value, words] of [
      ["updateType", updateType, UPDATE_TYPES],
      ["stateVisibility", stateVisibility, VISIBILITIES],
      ["ttlTimeCharacteristic", ttlTimeCharacteristic, CHARACTERISTICS],
    ] as const
  ) {
    if (!words.includes(value)) {
      throw new TypeError(
        `Cannot describe state "${state}": its ${field} must be one of ${words.join(", ")}, current value is ${value}`,
      );
    }
  }
  return { ttlMs, updateType, stateVisibility, ttlTimeCharacteristic };
}
