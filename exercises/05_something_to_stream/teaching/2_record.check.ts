import { SKYONE_SAMPLE } from "../../../src/samples.ts";
import { type Check, compare, wrong } from "../../../src/cli/learn/checks.ts";
import type * as solution from "./2_record.solution.ts";

const BOOKING = SKYONE_SAMPLE[0]!;
const BOOKED_MS = Date.parse("2026-02-20T09:30:00.123Z");

export const checks: Check<typeof solution>[] = [
  {
    shows: "the value is the booking as JSON",
    run({ recordOf }) {
      const { value } = recordOf(BOOKING, BOOKED_MS);
      if (value === "") wrong("The value is empty: whoever reads the record learns nothing of the booking.");
      if (value === "[object Object]") wrong('The value is "[object Object]": an object has to be made into JSON.');
      compare(value, {
        expected: JSON.stringify(BOOKING),
        mistakes: [[
          JSON.stringify(JSON.stringify(BOOKING)),
          "The value was made into JSON twice: a reader would find a text that contains JSON.",
        ]],
        meaning: "The value is not the booking, with all its fields, as JSON.",
      });
    },
  },
  {
    shows: 'the key is {"ref": confirmation}, as JSON',
    run({ recordOf }) {
      const { confirmation } = BOOKING;
      compare(recordOf(BOOKING, BOOKED_MS).key, {
        expected: JSON.stringify({ ref: confirmation }),
        mistakes: [
          ["", "The key is empty: nobody could find the records that belong together."],
          [confirmation, "The key is the confirmation itself; it is to be an object with the field ref, as JSON."],
          [
            JSON.stringify(confirmation),
            "The key is the confirmation as JSON; it is to be an object with the field ref.",
          ],
          [JSON.stringify({ confirmation }), "The field is called confirmation; others look for ref."],
          [
            JSON.stringify({ ref: BOOKING.email_address }),
            "The key is the traveller. Bookings belong together by their confirmation.",
          ],
        ],
        meaning: "The key is something else.",
      });
      const quoted = 'SKY"1';
      if (recordOf({ ...BOOKING, confirmation: quoted }, BOOKED_MS).key !== JSON.stringify({ ref: quoted })) {
        wrong("With a quote in the confirmation the key is no JSON any more: let JSON.stringify() make it.");
      }
    },
  },
  {
    shows: "its time is when it was booked",
    run({ recordOf }) {
      const { timestampMs } = recordOf(BOOKING, BOOKED_MS);
      if (Math.abs(timestampMs - Date.now()) < 60_000) {
        wrong(
          "The time is now: that is when the record is made, not when somebody booked. A replay tomorrow would have other times.",
        );
      }
      if (timestampMs === BOOKED_MS / 1000) wrong("The time is in seconds: event time is in milliseconds.");
      const departure = Date.parse(BOOKING.flight_departure_time);
      if (Math.abs(timestampMs - departure) < 86_400_000) {
        wrong("The time is that of the flight: it says when somebody flies. The event is the booking.");
      }
      if (timestampMs === Math.floor(BOOKED_MS / 1000) * 1000) wrong("The time has lost its milliseconds.");
      compare(timestampMs, { expected: BOOKED_MS, meaning: "The time is not bookedMs." });
    },
  },
];
