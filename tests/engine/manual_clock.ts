export { ManualClock } from "../../src/engine/testing/manual_clock.ts";
