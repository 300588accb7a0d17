import { StreamExecutionEnvironment } from "@stream-apps/deno";
import { flightFromSkyone } from "../../../src/models.ts";
import { SKYONE_SAMPLE } from "../../../src/samples.ts";
import { type Check, compare, wrong } from "../../../src/cli/learn/checks.ts";
import type * as solution from "./1_third_airline.solution.ts";

const MOON = [
  { who: "EDA@email.com", ticket: "MOON7", takeOff: "2026-04-01T09:00:00", landing: "2026-04-04T08:00:00" },
];

export const checks: Check<typeof solution>[] = [
  {
    shows: "the flights of all airlines come out, each once",
    async run({ defineWorkflow }) {
      const flights = await outcome(defineWorkflow);
      const others = flights.filter(({ flight_number }) => flight_number !== "MOON1").length;
      const moon = flights.length - others;
      if (others === 0) wrong("The flights of the other airlines are gone: Moon's are to be added to them.");
      if (moon === 0) {
        wrong("No flight of Moon came out: union() returns a new stream of both, and that is to be returned.");
      }
      compare([others, moon], {
        expected: [3, 1],
        meaning: `There were 3 flights of others and 1 booking of Moon; ${others} and ${moon} came out.`,
      });
    },
  },
  {
    shows: "the fields of a booking of Moon are in their places",
    async run({ defineWorkflow }) {
      const flight = (await outcome(defineWorkflow)).find(({ flight_number }) => flight_number === "MOON1")!;
      const { email_address, confirmation, departure_time, arrival_time } = flight;
      if (departure_time === MOON[0]!.landing) {
        wrong("The flight departs when it lands: take-off and landing are exchanged.");
      }
      if (email_address === "MOON7") wrong("The traveller is called MOON7: traveller and ticket are exchanged.");
      compare([email_address, confirmation, departure_time, arrival_time], {
        expected: ["EDA@email.com", "MOON7", "2026-04-01T09:00:00", "2026-04-04T08:00:00"],
        mistakes: [[["?", "?", "?", "?"], "The fields are still question marks."]],
        meaning:
          "A field of the flight is something else than in Moon's booking: traveller, confirmation, departure, arrival.",
      });
      compare([flight.departure_airport_code, flight.arrival_airport_code, flight.source], {
        expected: ["IAH", "MCO", "sunset"],
        meaning: "Airports or source have changed.",
      });
    },
  },
];

function outcome(describe: (typeof solution)["defineWorkflow"]) {
  const env = new StreamExecutionEnvironment();
  return describe(env.fromCollection(SKYONE_SAMPLE).map(flightFromSkyone), env.fromCollection(MOON))
    .executeAndCollect();
}
