/** Asks a cluster which brokers it has, before any client does. */
import type { Endpoint } from "./addresses.ts";
import { WireClient } from "./client.ts";

/** The brokers by their ids, from the first server that answers. @throws {Error} if no server answers */
export async function askNodes(servers: string): Promise<ReadonlyMap<number, Endpoint>> {
  for (const server of servers.split(",")) {
    const colon = server.lastIndexOf(":");
    await using client = WireClient.to({ host: server.slice(0, colon), port: Number(server.slice(colon + 1)) });
    // A version that every broker has; no topics.
    const answer = await client.ask("Metadata", 1, { topics: [] });
    if (answer === undefined) continue;
    const brokers = answer.brokers as { readonly nodeId: number; readonly host: string; readonly port: number }[];
    return new Map(brokers.map(({ nodeId, host, port }) => [nodeId, { host, port }]));
  }
  throw new Error(`Cannot stand before the brokers at ${servers}: not one of them answers`);
}
