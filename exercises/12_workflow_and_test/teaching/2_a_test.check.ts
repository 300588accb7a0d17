import { stripVTControlCharacters } from "node:util";
import { flightDurationMinutes, flightFromSkyone } from "../../../src/models.ts";
import { type Check, wrong } from "../../../src/cli/learn/checks.ts";
import type * as solution from "./2_a_test.solution.ts";

type LongFlights = solution.LongFlights;

const longer = (minutes: number): LongFlights => (bookings) =>
  bookings.map(flightFromSkyone).filter((flight) => flightDurationMinutes(flight) > minutes);

const right = longer(120);

/** Workflows that are wrong, and what a test that passes with them has not seen. */
const BROKEN: readonly (readonly [workflow: LongFlights, words: string])[] = [
  [(bookings) => bookings.map(flightFromSkyone), "keeps every flight"],
  [(bookings) => right(bookings).filter(() => false), "keeps no flight at all"],
  [longer(119), "also keeps the flight of exactly two hours"],
  [
    (bookings) => bookings.map(flightFromSkyone).filter((flight) => flightDurationMinutes(flight) < 120),
    "keeps the short flights, and not the long ones",
  ],
  [
    (bookings) => right(bookings).flatMap((flight, out) => (out.collect(flight), out.collect(flight))),
    "emits every flight twice",
  ],
  [
    (bookings) => bookings.map(flightFromSkyone).filter((flight) => flight.confirmation === "SKY1CCCCCC"),
    "keeps one flight, and the wrong one",
  ],
  [
    (bookings) =>
      right(bookings).map((flight) => ({
        ...flight,
        departure_airport_code: flight.arrival_airport_code,
        arrival_airport_code: flight.departure_airport_code,
      })),
    "mixes up where a flight departs and where it lands",
  ],
];

export const checks: Check<typeof solution>[] = [
  {
    shows: "the test runs the workflow that it is handed",
    async run({ test }) {
      let called = false;
      const watched: LongFlights = (bookings) => {
        called = true;
        return right(bookings);
      };
      await failureOf(test, watched);
      if (!called) {
        wrong("The test never called defineWorkflow(): whatever it compares, it is not what the workflow does.");
      }
    },
  },
  {
    shows: "it passes with a workflow that is right",
    async run({ test }) {
      const failure = await failureOf(test, right);
      if (failure !== undefined) wrong("The workflow is right, and the test fails:", failure.split("\n").slice(0, 14));
    },
  },
  {
    shows: `it fails with each of ${BROKEN.length} that are wrong`,
    async run({ test }) {
      for (const [workflow, words] of BROKEN) {
        if (await failureOf(test, workflow) === undefined) {
          wrong(`The test passes with a workflow that ${words}. Does it wait for the result, and compare all of it?`);
        }
      }
    },
  },
];

/** The message with which the test has failed; undefined if it has passed. */
async function failureOf(test: (typeof solution)["test"], workflow: LongFlights): Promise<string | undefined> {
  try {
    await test(workflow);
    return undefined;
  } catch (error) {
    return stripVTControlCharacters(String(error instanceof Error ? error.message : error));
  }
}
