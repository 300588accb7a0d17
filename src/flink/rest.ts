/** Flink's REST interface: jars, jobs, checkpoints and savepoints of a cluster. */
import { SYSTEM_CLOCK } from "../engine/clock.ts";

/** A cluster that does not answer, or refuses what it is asked, in one sentence. */
export class FlinkRestError extends Error {
  override name = "FlinkRestError";
  readonly code = "TOOL_FAILED";
  /** HTTP status of the answer; undefined if there was none. */
  readonly status: number | undefined;

  constructor(message: string, options: { readonly status?: number; readonly cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.status = options.status;
  }
}

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

/** How long a cluster may have no leader, ms. */
const ELECTION_WITHIN_MS = 60_000;

/** A program to call at the cluster's address, with words for errors. */
export class FlinkRest {
  /** `http://localhost:8091` */
  readonly address: string;
  readonly #pollMs: number;

  /** @param options.pollMs the time between two questions whether something is done */
  constructor(address: string, options: { readonly pollMs?: number } = {}) {
    this.address = address.replace(/\/+$/, "");
    this.#pollMs = options.pollMs ?? 200;
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
    const { filename } = await this.#call<{ filename: string }>("POST", "/jars/upload", body);
    return filename.slice(filename.lastIndexOf("/") + 1);
  }

  /** Submits the job that the jar describes. @returns its id */
  async runJar(jarId: string, options: RunOptions): Promise<string> {
    const { jobid } = await this.#call<{ jobid: string }>("POST", `/jars/${jarId}/run`, {
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
      paths.map(async ([process, path]) => ({ process, text: await this.#text("GET", path) })),
    );
  }

  /** Asks the job to end without a savepoint; it may take a while. */
  async cancel(id: string): Promise<void> {
    await this.#call("PATCH", `/jobs/${id}?mode=cancel`);
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
    const trigger = await this.#call<{ "request-id": string }>("POST", `/jobs/${id}/${what}`, body);
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
    return this.#call<T>("GET", path);
  }

  async #call<T>(method: string, path: string, body?: unknown): Promise<T> {
    return parse<T>(await this.#text(method, path, body), this.address, path);
  }

  /** Asks once more while the cluster has no leader: a JobManager that was away for some seconds refuses everything. */
  async #text(method: string, path: string, body?: unknown): Promise<string> {
    for (const deadline = performance.now() + ELECTION_WITHIN_MS;;) {
      try {
        return await this.#textOnce(method, path, body);
      } catch (error) {
        const hasNoLeader = (error as FlinkRestError).status === 503 &&
          /leader election/.test((error as Error).message);
        if (!hasNoLeader || performance.now() > deadline) throw error;
        await SYSTEM_CLOCK.sleep(this.#pollMs);
      }
    }
  }

  async #textOnce(method: string, path: string, body?: unknown): Promise<string> {
    const isForm = body instanceof FormData;
    let response: Response;
    let text: string;
    try {
      response = await fetch(this.address + path, {
        method,
        ...body !== undefined && { body: isForm ? body : JSON.stringify(body) },
        ...body !== undefined && !isForm && { headers: { "content-type": "application/json" } },
      });
      text = await response.text();
    } catch (cause) {
      if (cause instanceof Deno.errors.NotCapable) throw cause;
      throw new FlinkRestError(
        `No Flink answers at ${this.address}: start one here with "deno task flink up", or set FLINK_REST to where one is`,
        { cause },
      );
    }
    const { status } = response;
    if (response.ok) return text;
    throw new FlinkRestError(
      `Flink at ${this.address} refused ${method} ${path.split("?", 1)[0]}: ${reasonOf(text, status)}`,
      {
        status,
      },
    );
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

/**
 * What a stack of Java says at its bottom: the message of the last cause, with the lines that belong to it.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const stack = "org.apache.flink.JobException: Recovery is suppressed\n\tat a.b.c(D.java:1)\nCaused by: " +
 *   "streamapps.WorkerException: Operator \"map\" failed: boom\n    at job.js:3:5\n\tat streamapps.WorkerProcess.receive\n\t... 4 more";
 * assertEquals(rootCause(stack), "Operator \"map\" failed: boom\n    at job.js:3:5");
 * ```
 */
export function rootCause(stack: string): string {
  const last = stack.slice(stack.lastIndexOf("\nCaused by: ") + 1).replace(/^Caused by: /, "");
  const message: string[] = [];
  for (const line of last.trimEnd().split("\n")) {
    // Java's own lines begin with a tab, those of a worker's stack with blanks.
    if (/^\t(at |\.\.\. |Suppressed: )/.test(line)) break;
    message.push(line);
  }
  return message.join("\n").replace(/^[\w.$]+(?:Exception|Error|Throwable)(?:: |$)/, "") || last.split("\n", 1)[0]!;
}

/** Flink answers with a list of messages, of which one is a stack. */
function reasonOf(text: string, status: number): string {
  try {
    const { errors } = JSON.parse(text) as { errors?: readonly string[] };
    const reasons = (errors ?? []).map((error) => rootCause(error.replace(/\nEnd of exception on server side>$/, "")));
    const reason = reasons.filter((each) => each !== "Internal server error.").at(-1) ?? reasons.at(-1);
    if (reason !== undefined) return reason;
  } catch {
    // Something else than Flink listens there, such as a proxy.
  }
  return `status ${status}`;
}

function parse<T>(text: string, address: string, path: string): T {
  if (text === "") return undefined as T;
  try {
    return JSON.parse(text) as T;
  } catch (cause) {
    throw new FlinkRestError(
      `What listens at ${address} is no Flink: ${path} is not JSON, it begins with ${
        JSON.stringify(text.slice(0, 40))
      }`,
      { cause },
    );
  }
}
