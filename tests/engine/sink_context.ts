import { SILENT } from "../../src/engine/logger.ts";
import type { SinkContext } from "../../src/engine/sink.ts";
import { ManualClock } from "../../src/engine/testing/manual_clock.ts";

/** What a sink learns that is opened by hand: no store, a clock that stands, and a record that is given up fails the job. */
export function sinkContext(more: Partial<SinkContext> = {}): SinkContext {
  return {
    session: undefined,
    restored: undefined,
    logger: SILENT,
    clock: new ManualClock(),
    refuse: (_value, _timestampMs, error) => {
      throw error;
    },
    ...more,
  };
}
