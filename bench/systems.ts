/** What is measured side by side: our jobs, and the same jobs on other engines and as loops written by hand. */
import type { Broker } from "../src/connectors/broker.ts";
import type { RunFigures } from "./measured_run.ts";
import type { Program } from "./running_program.ts";
import { type ProgramBroker, task } from "./task.ts";

export type Job = "s16" | "s20";

/** Names under which our jobs keep what they remember. */
const JOB_NAMES = { s16: "flight_importer", s20: "user_statistics" } as const;
export const OUR_OUTPUTS = { s16: "flightdata", s20: "userstatistics" } as const;

/** A way to run both jobs, at one broker. */
export interface System {
  readonly name: string;
  /** A loop is written by hand for these two jobs. */
  readonly kind: "ours" | "engine" | "loop";
  readonly guarantee: "exactly once" | "at least once";
  readonly port: Broker;
  /** The broker's process, where it is known. */
  readonly brokerPid?: number | undefined;
  /** Compares only each traveller's last record. */
  readonly finalOnly: boolean;
  output(job: Job): string;
  /** A topic of one partition that it keeps its state in, to be made anew for each run. */
  readonly stateTopic?: string;
  /** @param scratch an empty folder that is removed after the run */
  program(job: Job, scratch: string): Program;
  /** The time that counts for its rate, s. */
  jobS(figures: RunFigures): number;
  /** Forgets what a run has left behind, but for its output. */
  forget(job: Job): Promise<void>;
}

/** Where our jobs run, and which version of them. */
export interface OursOptions {
  readonly programs: ProgramBroker;
  readonly port: Broker;
  readonly brokerPid?: number | undefined;
  /** Another checkout; left out: this one. */
  readonly root?: URL;
}

/** Our commands as a user types them. Their time is that of the whole process. */
export function ours(name: string, { programs, port, brokerPid, root }: OursOptions): System {
  return {
    name,
    kind: "ours",
    guarantee: "exactly once",
    port,
    brokerPid,
    finalOnly: false,
    output: (job) => OUR_OUTPUTS[job],
    program: (job) => task(job, ["--from", "earliest", "--bounded"], programs, root),
    jobS: ({ startToExitS }) => startToExitS,
    forget: (job) => forgetJob(port, job),
  };
}

export async function forgetJob(port: Broker, job: Job): Promise<void> {
  const known = await port.jobsReading(job === "s16" ? ["skyone", "sunset"] : ["flightdata"]);
  if (known.some((one) => one.job === JOB_NAMES[job])) await port.dropJob(JOB_NAMES[job]);
}
