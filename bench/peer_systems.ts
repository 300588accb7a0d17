/** How each peer is run. */
import type { KafkaPlace } from "./context.ts";
import { NOW_MS, START_MS } from "./data.ts";
import type { RunFigures } from "./measured_run.ts";
import type { BuiltPeer } from "./peer_builds.ts";
import { folderOf, type PeerName } from "./peer_recipes.ts";
import type { Program } from "./running_program.ts";
import { type Job, OUR_OUTPUTS, type System } from "./systems.ts";

/** Each is run with every guarantee that its job has; that of quixstreams has one. */
const GUARANTEES: Readonly<Record<PeerName, readonly System["guarantee"][]>> = {
  "java-flink": ["at least once", "exactly once"],
  // The faster of the two that its connector has.
  "flink-sql": ["at least once"],
  "kafka-streams": ["exactly once"],
  "quixstreams": ["at least once"],
  "go-loop": ["exactly once"],
  "rust-loop": ["exactly once"],
  "rust-by-hand": ["exactly once"],
};

/** What Flink needs on Java 17. */
const OPEN_MODULES = "lang lang.reflect util util.concurrent time net io nio text".split(" ")
  .map((name) => `--add-opens=java.base/java.${name}=ALL-UNNAMED`)
  .concat("--add-opens=java.base/sun.nio.ch=ALL-UNNAMED");

/** The ways in which a peer is run. */
export function peerSystems(build: BuiltPeer, kafka: KafkaPlace): System[] {
  return GUARANTEES[build.name].map((guarantee) => peer(build, kafka, guarantee));
}

function peer(
  build: BuiltPeer,
  { bootstrapServers, broker: { port }, pid }: KafkaPlace,
  guarantee: System["guarantee"],
): System {
  const { name } = build;
  const kind = name.startsWith("go-") || name.startsWith("rust-") ? "loop" : "engine";
  const output = (job: Job) => `bench.${OUR_OUTPUTS[job]}.${name}`;
  const stateTopic = `bench.state.${name}`;
  return {
    name,
    kind,
    guarantee,
    port,
    brokerPid: pid,
    finalOnly: name === "quixstreams",
    output,
    ...(kind === "loop" && { stateTopic }),
    program: (job, scratch) => ({
      ...commandOf(build, job),
      env: {
        BOOTSTRAP_SERVERS: bootstrapServers,
        PEER_SKYONE: "skyone",
        PEER_SUNSET: "sunset",
        PEER_FLIGHTDATA: job === "s16" ? output(job) : "flightdata",
        PEER_USERSTATISTICS: output("s20"),
        // A run must not go on where the last one ended.
        PEER_ID: `peer-${crypto.randomUUID()}`,
        STATE: stateTopic,
        NOW_S: String(NOW_MS / 1000),
        LAST_TS: String(START_MS + 3_600_000),
        STATE_DIR: scratch,
        PEER_DELIVERY: guarantee.replaceAll(" ", "-"),
        GUARANTEE: name === "kafka-streams" ? "exactly_once_v2" : "at-least-once",
        QUIX_PROCESSES: "1",
      },
      endsByItself: kind === "loop" || name === "java-flink" || name === "flink-sql",
    }),
    jobS: kind === "loop" ? ({ startToExitS }) => startToExitS : reportedS,
    forget: async () => {
      const left = (await port.listTopics()).filter((topic) => /^(repartition__|changelog__)?peer-/.test(topic));
      if (left.length > 0) await port.deleteTopics(left);
    },
  };
}

/**
 * The time that an engine reports itself: Flink its job's net run time, the other two from the moment that they begin to read
 * until their last output; so without the start of a JVM.
 */
function reportedS({ events, startedAtMs, startToLastOutputS }: RunFigures): number {
  const jobMs = events.get("job_ms");
  if (jobMs !== undefined) return jobMs / 1000;
  return startToLastOutputS - ((events.get("running_at_ms") ?? startedAtMs) - startedAtMs) / 1000;
}

function commandOf({ name, folder }: BuiltPeer, job: Job): Pick<Program, "command" | "args"> {
  const heap = ["-Xms1g", "-Xmx1g"];
  const path = ["-cp", `${folder}/build/classes:${folder}/jars/*`];
  switch (name) {
    case "java-flink":
      return { command: "java", args: [...OPEN_MODULES, ...heap, ...path, "peer.Job", job] };
    case "flink-sql":
      return { command: "java", args: [...OPEN_MODULES, ...heap, ...path, "peer.SqlJob", job] };
    case "kafka-streams":
      return { command: "java", args: [...heap, ...path, "Job", job] };
    case "quixstreams":
      return { command: `${folder}/venv/bin/python`, args: [`${folderOf("quix")}/job.py`, job] };
    case "go-loop":
      return { command: `${folder}/go-loop`, args: [job] };
    case "rust-loop":
      return { command: `${folder}/release/librdkafka`, args: [job] };
    case "rust-by-hand":
      return { command: `${folder}/release/by-hand`, args: [job] };
  }
}
