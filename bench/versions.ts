/** What a figure depends on beside the code. */
import { outputOf } from "../src/cli/commands.ts";
import { KAFKA_VERSION } from "../src/cli/kafka/fetch.ts";
import type { PeerBuild } from "./peer_builds.ts";
import { RECIPES } from "./peer_recipes.ts";
import type { Circumstances } from "./report.ts";

export async function circumstances(
  kafka: "own" | "other" | "none",
  peers: readonly PeerBuild[],
): Promise<Circumstances> {
  const commit = (await outputOf("git", ["rev-parse", "--short", "HEAD"]))?.trim();
  const java = /version "([^"]+)"/.exec(await outputOf("java", ["-version"]) ?? "")?.[1];
  return {
    ...(commit === undefined ? {} : { commit }),
    "Deno": Deno.version.deno,
    "V8": Deno.version.v8,
    ...(kafka === "none" ? {} : { "Kafka": kafka === "own" ? KAFKA_VERSION : "at BOOTSTRAP_SERVERS" }),
    ...(java === undefined ? {} : { "Java": java }),
    ...Object.fromEntries(
      peers.map((peer) => [peer.name, "folder" in peer ? RECIPES[peer.name].version : `left out (${peer.missing})`]),
    ),
    "cores": navigator.hardwareConcurrency,
    "memory (GB)": Math.round(Deno.systemMemoryInfo().total / 2 ** 30),
    "system": `${Deno.build.os} ${Deno.build.arch} ${Deno.osRelease()}`,
  };
}
