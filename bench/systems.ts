/** What is measured side by side: our jobs, and the same jobs on other engines. */
import type { Broker } from "../src/connectors/broker.ts";
import { START_MS } from "./data.ts";
import type { RunFigures } from "./measured_run.ts";
import { type PeerBuild, peerSources } from "./peer_builds.ts";
import type { Program } from "./running_program.ts";
import { type ProgramBroker, task } from "./task.ts";

export type Job = "s16" | "s20";

/** Names under which our jobs keep what they remember. */
const JOB_NAMES = { s16: "flight_importer", s20: "user_statistics" } as const;
const OUR_OUTPUTS = { s16: "flightdata", s20: "userstatistics" } as const;

/** An engine that runs both jobs, at one broker. */
export interface System {
  readonly name: string;
  /** Whether it is ours: then keys, order and every record are compared. */
  readonly ours: boolean;
  readonly port: Broker;
  /** Compares only each traveller's last record. */
  readonly finalOnly: boolean;
  output(job: Job): string;
  /** @param scratch an empty folder that is removed after the run */
  program(job: Job, scratch: string): Program;
  /** The time that counts for its rate, s. */
  jobS(figures: RunFigures): number;
  /** Forgets what a run has left behind, but for its output. */
  forget(job: Job): Promise<void>;
}

/** Our commands as a user types them. Their time is that of the whole process. */
export function ours(name: string, broker: ProgramBroker, port: Broker): System {
  return {
    name,
    ours: true,
    port,
    finalOnly: false,
    output: (job) => OUR_OUTPUTS[job],
    program: (job) => task(job, ["--from", "earliest", "--bounded"], broker),
    jobS: ({ startToExitS }) => startToExitS,
    forget: (job) => forgetJob(port, job),
  };
}

export async function forgetJob(port: Broker, job: Job): Promise<void> {
  const known = await port.jobsReading(job === "s16" ? ["skyone", "sunset"] : ["flightdata"]);
  if (known.some((one) => one.job === JOB_NAMES[job])) await port.dropJob(JOB_NAMES[job]);
}

/**
 * The others. Their time is the one that they tell themselves: Java Flink its job's net run time, the other two from the
 * moment that they begin to read until their last output; so without the start of a JVM.
 */
export function peer(build: Extract<PeerBuild, { folder: string }>, bootstrapServers: string, port: Broker): System {
  const { name } = build;
  const output = (job: Job) => `bench.${OUR_OUTPUTS[job]}.${name}`;
  return {
    name,
    ours: false,
    port,
    finalOnly: name === "quixstreams",
    output,
    program: (job, scratch) => ({
      ...commandOf(build, job),
      env: {
        BOOTSTRAP_SERVERS: bootstrapServers,
        PEER_SKYONE: "skyone",
        PEER_SUNSET: "sunset",
        PEER_FLIGHTDATA: job === "s16" ? output(job) : "flightdata",
        PEER_USERSTATISTICS: output("s20"),
        LAST_TS: String(START_MS + 3_600_000),
        STATE_DIR: scratch,
        GUARANTEE: name === "kafka-streams" ? "exactly_once_v2" : "at-least-once",
        QUIX_PROCESSES: "1",
      },
      endsByItself: name === "java-flink",
    }),
    jobS: ({ events, startedAtMs, startToLastOutputS }) => {
      const jobMs = events.get("job_ms");
      if (jobMs !== undefined) return jobMs / 1000;
      return startToLastOutputS - ((events.get("running_at_ms") ?? startedAtMs) - startedAtMs) / 1000;
    },
    forget: async () => {
      const left = (await port.listTopics()).filter((topic) => /^(repartition__|changelog__)?peer-/.test(topic));
      if (left.length > 0) await port.deleteTopics(left);
    },
  };

  function commandOf({ name, folder }: typeof build, job: Job): Pick<Program, "command" | "args"> {
    if (name === "quixstreams") {
      return { command: `${folder}/venv/bin/python`, args: [`${peerSources(name)}/job.py`, job] };
    }
    const heap = ["-Xms1g", "-Xmx1g"];
    const path = ["-cp", `${folder}/build/classes:${folder}/jars/*`];
    return name === "java-flink"
      ? { command: "java", args: [...OPEN_MODULES, ...heap, ...path, "peer.Job", job] }
      : { command: "java", args: [...heap, ...path, "Job", job] };
  }
}

/** What Flink needs on Java 17. */
const OPEN_MODULES = "lang lang.reflect util util.concurrent time net io nio text".split(" ")
  .map((name) => `--add-opens=java.base/java.${name}=ALL-UNNAMED`)
  .concat("--add-opens=java.base/sun.nio.ch=ALL-UNNAMED");
