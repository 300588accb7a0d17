/** Requests to Flink's REST interface, and what goes wrong with them in words. */
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

/** How long a cluster may have no leader, ms. */
const ELECTION_WITHIN_MS = 60_000;

/** Asks the cluster at one address. */
export class RestCalls {
  readonly address: string;
  readonly #pollMs: number;

  /** @param pollMs the time between two questions of a cluster that has no leader */
  constructor(address: string, pollMs: number) {
    this.address = address.replace(/\/+$/, "");
    this.#pollMs = pollMs;
  }

  /** @throws {FlinkRestError} if nobody answers, or with a refusal, or what is no JSON */
  async call<T>(method: string, path: string, body?: unknown): Promise<T> {
    return parse<T>(await this.text(method, path, body), this.address, path);
  }

  /** Asks once more while the cluster has no leader: a JobManager that was away for some seconds refuses everything. */
  async text(method: string, path: string, body?: unknown): Promise<string> {
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
