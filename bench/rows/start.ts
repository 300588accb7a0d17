/** From the start of a command to its first committed output. */
import { type Context, type Place, withEmbeddedLog } from "../context.ts";
import { hourOfBookings } from "../data.ts";
import { ExpectedFlights } from "../expected.ts";
import { measureRun } from "../measured_run.ts";
import { range } from "../measurement.ts";
import type { Section } from "../report.ts";
import { forgetJob } from "../systems.ts";
import { task } from "../task.ts";
import { readTopic, removeTopics, renewTopics } from "../topics.ts";
import { fillInputs } from "./jobs.ts";

const SET = hourOfBookings(500);
const LIMITS_S = { "embedded log": 1, "Kafka": 1.5 } as const;

export async function measureStart({ kafka, rounds, signal, log }: Context): Promise<Section[]> {
  return await withEmbeddedLog(async (embedded) => {
    const places = [embedded, ...(kafka === undefined ? [] : [kafka])];
    const expected = new ExpectedFlights(SET);
    const seconds = new Map<Place, number[]>(places.map((place) => [place, []]));
    for (const { broker: { port } } of places) await fillInputs(port, "s16", SET);
    // The first round fills Deno's cache.
    for (let round = 0; round <= rounds; round++) {
      for (const place of places) {
        const { port } = place.broker;
        await forgetJob(port, "s16");
        await renewTopics(port, ["flightdata"]);
        const { startToFirstOutputS } = await measureRun(task("s16", ["--from", "earliest"], place.programs), {
          port,
          output: "flightdata",
          tree: undefined,
          signal,
          untilFirstOutput: true,
          lookEveryMs: 3,
        });
        const comparison = expected.compare("s16", { unfinished: true });
        await readTopic(port, "flightdata", (record) => comparison.take(record));
        comparison.end();
        if (round > 0) seconds.get(place)!.push(startToFirstOutputS);
      }
    }
    for (const { broker: { port } } of places) {
      await forgetJob(port, "s16");
      await removeTopics(port, ["skyone", "sunset", "flightdata"]);
    }
    log("start measured");
    return [{
      title: "Start of s16 to its first committed output",
      rows: [...seconds].map(([{ name }, values]) => ({
        what: name,
        unit: "s",
        measured: range(values),
        target: { atMost: LIMITS_S[name as keyof typeof LIMITS_S] },
      })),
      notes: ["`deno task s16 --from earliest` over 1,000 bookings, Deno's cache warm."],
    }];
  });
}
