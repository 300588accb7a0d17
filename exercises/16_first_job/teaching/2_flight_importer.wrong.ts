import type { WrongAnswer } from "../../../src/cli/learn/checks.ts";

export const wrong: WrongAnswer[] = [
  {
    replace: "skyone.map(flightFromSkyone)",
    by: "skyone.map((booking) => booking as unknown as FlightData)",
    words: "A booking of skyone made",
  },
  {
    replace: "sunset.map(flightFromSunset)",
    by: "sunset.map((b) => flightFromSkyone(b as unknown as SkyoneData))",
    words: "A booking of sunset made",
  },
  {
    replace: '\n    .union(sunset.map(flightFromSunset).name("flight_from_sunset"))',
    by: "",
    words: "No flight of Sunset",
  },
  {
    replace:
      'return skyone.map(flightFromSkyone).name("flight_from_skyone")\n    .union(sunset.map(flightFromSunset).name("flight_from_sunset"))',
    by: "return sunset.map(flightFromSunset)\n",
    words: "No flight of Skyone",
  },
  {
    replace: '\n    .filter((flight) => landsAfter(flight, now())).name("still_to_land")',
    by: "",
    words: "nothing is left out",
  },
  { replace: "landsAfter(flight", by: "!landsAfter(flight", words: "the wrong way round: the flights" },
  {
    replace: "landsAfter(flight, now())",
    by: 'flight.source === "skyone" || landsAfter(flight, now())',
    words: "sees Sunset's flights only",
  },
  {
    replace: "landsAfter(flight, now())",
    by: 'flight.source === "sunset" || landsAfter(flight, now())',
    words: "sees Skyone's flights only",
  },
  { replace: "landsAfter(flight, now())", by: "Date.parse(flight.departure_time) > now()", words: "is in the air" },
  { replace: ".filter(", by: ".union(sunset.map(flightFromSunset)).filter(", words: "Sunset's flights came out twice" },
  { replace: "now())", by: 'new Date("2026-03-01T12:00:00").getTime())', words: "something else than now()" },
  {
    replace: "return skyone",
    by: "const present = now();\n  now = () => present;\n  return skyone",
    words: "was called once",
  },
  { replace: '.name("still_to_land")', by: "", words: "No operator is called still_to_land" },
];
