import { assertEquals } from "@std/assert";
import { Time } from "../../../src/engine/time/time.ts";

Deno.test("Time gives lengths of time in ms", () => {
  assertEquals(
    [Time.milliseconds(7), Time.seconds(2), Time.minutes(1), Time.hours(1), Time.days(1)],
    [7, 2_000, 60_000, 3_600_000, 86_400_000],
  );
});
