/**
 * What the jobs ask of Kafka: requests by kind, counted by a proxy in front of it. A broker's processor time depends on their number
 * about as much as on the bytes in them. Times are not measured here, since the proxy takes its own.
 */
import { WireProxy } from "../../chaos/wire/mod.ts";
import type { Context, KafkaPlace } from "../context.ts";
import { hourOfBookings } from "../data.ts";
import { range } from "../measurement.ts";
import { peerSystems } from "../peer_systems.ts";
import type { Row, Section } from "../report.ts";
import { ours, type System } from "../systems.ts";
import { onKafka } from "../task.ts";
import { removeTopics } from "../topics.ts";
import { runInTurn } from "./jobs.ts";

export async function measureRequests(context: Context): Promise<Section[]> {
  const { kafka, peers, short } = context;
  if (kafka === undefined) return [];
  const set = hourOfBookings(short ? 50_000 : 500_000);
  await using proxy = await WireProxy.start(kafka.bootstrapServers);
  const seen = new RequestCounts();
  proxy.add({ where: (request) => seen.add(request.api, request.frame().length), then: { delayMs: 0, of: "request" } });
  const behind: KafkaPlace = {
    ...kafka,
    bootstrapServers: proxy.bootstrapServers,
    programs: onKafka(proxy.bootstrapServers),
  };
  const { programs, broker: { port } } = behind;
  const systems: System[] = [
    ours("ours", { programs, port }),
    ...peers.flatMap((build) => peerSystems(build, behind)).filter(({ kind }) => kind === "loop"),
  ];
  const sections: Section[] = [];
  for (const job of ["s16", "s20"] as const) {
    const rows: Row[] = [];
    const failures: string[] = [];
    for (const system of systems) {
      seen.clear();
      const turns = await runInTurn({ ...context, rounds: 1 }, { job, set, systems: [system] });
      failures.push(...turns.failures);
      for (const { inputs } of turns.all) rows.push(...seen.rows(system.name, inputs));
    }
    sections.push({
      title: `${job}: requests to Kafka`,
      rows,
      failures,
      notes: ["Requests of one run by kind, and bytes of requests that write, for a million records of input."],
    });
  }
  await removeTopics(port, ["skyone", "sunset", "flightdata"]);
  return sections;
}

/** Requests by kind, and their bytes. */
export class RequestCounts {
  readonly #counts = new Map<string, { requests: number; bytes: number }>();

  /** @returns false: nothing is to happen to the request */
  add(api: string, bytes: number): false {
    const count = this.#counts.get(api) ?? { requests: 0, bytes: 0 };
    this.#counts.set(api, { requests: count.requests + 1, bytes: count.bytes + bytes });
    return false;
  }

  clear(): void {
    this.#counts.clear();
  }

  /** The most frequent first. @param inputs records that the program has read */
  rows(name: string, inputs: number): Row[] {
    const perMillion = (number: number) => range([number / inputs * 1e6]);
    const all = [...this.#counts].toSorted(([, a], [, b]) => b.requests - a.requests);
    return all.flatMap(([api, { requests, bytes }]): Row[] => [
      { what: `${name}, ${api}`, unit: "requests", measured: perMillion(requests) },
      ...api === "Produce" ? [{ what: `${name}, ${api}`, unit: "MB", measured: perMillion(bytes / 1e6) }] : [],
    ]);
  }
}
