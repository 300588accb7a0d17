/** Flink's REST interface: jars, jobs, checkpoints and savepoints of a cluster. */
import { SYSTEM_CLOCK } from "../engine/clock.ts";
import { FlinkRestError, RestCalls, rootCause } from "./rest_calls.ts";

/** `GET /overview`. */
export interface ClusterOverview {
  readonly taskmanagers: number;
  readonly "slots-total": number;
  readonly "slots-available": number;
  readonly "jobs-running": number;
  /** "2.2.1" */
  readonly "flink-version": string;
}

/** States of a job. */
export type JobState =
  | "INITIALIZING"
  | "CREATED"
  | "RUNNING"
  | "FAILING"
  | "FAILED"
  | "CANCELLING"
  | "CANCELED"
  | "FINISHED"
  | "RESTARTING"
  | "SUSPENDED"
  | "RECONCILING";

/** An entry of `GET /jobs/overview`. */
export interface JobSummary {
  /** 32 hexadecimal digits. */
  readonly jid: string;
  readonly name: string;
  readonly state: JobState;
  /** ms since the Unix epoch */
  readonly "start-time": number;
  /** ms; −1 while it runs */
  readonly "end-time": number;
  /** ms */
  readonly duration: number;
}

/** `GET /jobs/:id`. */
export interface JobDetails extends JobSummary {
  /** When it came into each of its states, ms since the Unix epoch; 0 for states that it has not had. */
  readonly timestamps: Readonly<Partial<Record<JobState, number>>>;
  readonly vertices: readonly JobVertex[];
}

/** Operators of a job that run chained in one task. */
export interface JobVertex {
  readonly id: string;
  readonly name: string;
  readonly parallelism: number;
  readonly status: string;
  /** How many of its subtasks are in which state. */
  readonly tasks: Readonly<Record<string, number>>;
}

/** `GET /jobs/:id/exceptions`, the newest first. */
export interface JobFailure {
  readonly exceptionName: string;
  /** With the stack in Java, its causes behind one another. */
  readonly stacktrace: string;
  /** ms since the Unix epoch */
  readonly timestamp: number;
  /** The task that failed, where it is known. */
  readonly taskName?: string | null;
}

/** `GET /jobs/:id/checkpoints`. */
export interface Checkpoints {
  readonly counts: {
    readonly restored: number;
    readonly total: number;
    readonly in_progress: number;
    readonly completed: number;
    readonly failed: number;
  };
  readonly latest: {
    readonly completed: CompletedCheckpoint | null;
    readonly restored: { readonly id: number; readonly external_path?: string; readonly is_savepoint: boolean } | null;
  };
}

/** A checkpoint or savepoint that has come to its end. */
export interface CompletedCheckpoint {
  readonly id: number;
  readonly external_path: string;
  /** ms */
  readonly end_to_end_duration: number;
  /** bytes */
  readonly state_size: number;
}

/** A metric of a vertex, over all of its subtasks. */
export interface Metric {
  readonly id: string;
  readonly sum?: number;
  readonly min?: number;
  readonly max?: number;
}

/** How an uploaded jar is run. */
export interface RunOptions {
  readonly arguments: readonly string[];
  readonly parallelism?: number;
  /** Where a savepoint or checkpoint lies that the job goes on from. */
  readonly savepointPath?: string;
  /** Drops what the savepoint holds of operators that the job no longer has. */
  readonly allowNonRestoredState?: boolean;
}

/** A program to call at the cluster's address, with words for errors. */
export class FlinkRest {
  /** `http://localhost:8091` */
  readonly address: string;
  readonly #calls: RestCalls;
  readonly #pollMs: number;

  /** @param options.pollMs the time between two questions whether something is done */
  constructor(address: string, options: { readonly pollMs?: number } = {}) {
    this.#pollMs = options.pollMs ?? 200;
    this.#calls = new RestCalls(address, this.#pollMs);
    this.address = this.#calls.address;
  }

  overview(): Promise<ClusterOverview> {
    return this.#get("/overview");
  }

  /** Names and ids of the jars that the cluster keeps. */
  async jars(): Promise<{ readonly id: string; readonly name: string }[]> {
    return (await this.#get<{ files: { id: string; name: string }[] }>("/jars")).files;
  }

  /** @returns the id by which it is run */
  async uploadJar(name: string, jar: Uint8Array<ArrayBuffer>): Promise<string> {
    const body = new FormData();
    body.append("jarfile", new Blob([jar], { type: "application/x-java-archive" }), name);
    const { filename } = await this.#calls.call<{ filename: string }>("POST", "/jars/upload", body);
    return filename.slice(filename.lastIndexOf("/") + 1);
  }

  /** Submits the job that the jar describes. @returns its id */
  async runJar(jarId: string, options: RunOptions): Promise<string> {
    const { jobid } = await this.#calls.call<{ jobid: string }>("POST", `/jars/${jarId}/run`, {
      programArgsList: options.arguments,
      parallelism: options.parallelism,
      savepointPath: options.savepointPath,
      allowNonRestoredState: options.allowNonRestoredState,
    });
    return jobid;
  }

  /** All jobs that the cluster remembers, those that run first, then the newest first. */
  async jobs(): Promise<JobSummary[]> {
    const { jobs } = await this.#get<{ jobs: JobSummary[] }>("/jobs/overview");
    const ended = ({ state }: JobSummary) => Number(isTerminal(state));
    return jobs.sort((a, b) => ended(a) - ended(b) || b["start-time"] - a["start-time"]);
  }

  job(id: string): Promise<JobDetails> {
    return this.#get(`/jobs/${id}`);
  }

  /** What made the job fail or restart, the newest first. */
  async failures(id: string): Promise<JobFailure[]> {
    const { exceptionHistory } = await this.#get<{ exceptionHistory: { entries: JobFailure[] } }>(
      `/jobs/${id}/exceptions`,
    );
    return exceptionHistory.entries;
  }

  checkpoints(id: string): Promise<Checkpoints> {
    return this.#get(`/jobs/${id}/checkpoints`);
  }

  /** Names of the metrics that the subtasks of a vertex have. */
  async metricNames(id: string, vertex: string): Promise<string[]> {
    return (await this.#get<Metric[]>(`/jobs/${id}/vertices/${vertex}/subtasks/metrics`)).map(({ id }) => id);
  }

  /** Values of these metrics over all subtasks; unknown names are left out. */
  metrics(id: string, vertex: string, names: readonly string[]): Promise<Metric[]> {
    const get = encodeURIComponent(names.join(","));
    return this.#get(`/jobs/${id}/vertices/${vertex}/subtasks/metrics?get=${get}&agg=sum,min,max`);
  }

  /** The texts that the job was submitted with, for everybody to see. */
  async jobParameters(id: string): Promise<Readonly<Record<string, string>>> {
    const config = await this.#get<{ "execution-config"?: { "user-config"?: Record<string, string> } }>(
      `/jobs/${id}/config`,
    );
    return config["execution-config"]?.["user-config"] ?? {};
  }

  /** The logs of the JobManager and of each TaskManager that is registered, with their names. */
  async logs(): Promise<{ readonly process: string; readonly text: string }[]> {
    const { taskmanagers } = await this.#get<{ taskmanagers: { id: string }[] }>("/taskmanagers");
    const paths = [
      ["jobmanager", "/jobmanager/log"],
      ...taskmanagers.map(({ id }) => [id, `/taskmanagers/${id}/log`]),
    ] as [string, string][];
    return await Promise.all(
      paths.map(async ([process, path]) => ({ process, text: await this.#calls.text("GET", path) })),
    );
  }

  /** Asks the job to end without a savepoint; it may take a while. */
  async cancel(id: string): Promise<void> {
    await this.#calls.call("PATCH", `/jobs/${id}?mode=cancel`);
  }

  /** Makes a savepoint of a job that goes on. @returns where it lies @throws {FlinkRestError} with the reason if it fails */
  async savepoint(id: string, directory?: string): Promise<string> {
    return await this.#savepoint(id, "savepoints", { "target-directory": directory, "cancel-job": false });
  }

  /**
   * Ends the job with a savepoint.
   * @param options.drain whether every window fires first: event time comes to its end
   * @returns where the savepoint lies
   * @throws {FlinkRestError} with the reason if it fails; the job then goes on
   */
  async stop(id: string, options: { readonly directory?: string; readonly drain?: boolean } = {}): Promise<string> {
    return await this.#savepoint(id, "stop", { targetDirectory: options.directory, drain: options.drain ?? false });
  }

  /** Resolves when the job has ended, with how. */
  async ended(id: string, signal?: AbortSignal): Promise<JobState> {
    while (true) {
      const { state } = await this.job(id);
      if (isTerminal(state)) return state;
      signal?.throwIfAborted();
      await SYSTEM_CLOCK.sleep(this.#pollMs);
    }
  }

  async #savepoint(id: string, what: "savepoints" | "stop", body: Record<string, unknown>): Promise<string> {
    const trigger = await this.#calls.call<{ "request-id": string }>("POST", `/jobs/${id}/${what}`, body);
    while (true) {
      const { status, operation } = await this.#get<SavepointStatus>(
        `/jobs/${id}/savepoints/${trigger["request-id"]}`,
      );
      if (status.id === "COMPLETED") {
        if (operation?.location !== undefined) return operation.location;
        const reason = rootCause(operation?.["failure-cause"]?.["stack-trace"] ?? "");
        throw new FlinkRestError(`Cannot make a savepoint of job ${id}: ${reason}`);
      }
      await SYSTEM_CLOCK.sleep(this.#pollMs);
    }
  }

  #get<T>(path: string): Promise<T> {
    return this.#calls.call<T>("GET", path);
  }
}

interface SavepointStatus {
  readonly status: { readonly id: "IN_PROGRESS" | "COMPLETED" };
  readonly operation?: {
    readonly location?: string;
    readonly "failure-cause"?: { readonly class: string; readonly "stack-trace": string };
  };
}

/** Whether the job has ended and will not go on. */
export function isTerminal(state: JobState): boolean {
  return state === "FINISHED" || state === "FAILED" || state === "CANCELED";
}
