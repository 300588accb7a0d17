/** A job's own small web server, see `JobSettings.http`. It is loaded only when it is asked for. */
import { JobError } from "../errors.ts";
import type { CommitStatus, JobStatus } from "../job_status.ts";
import type { Logger } from "../logger.ts";
import { type Health, healthOf, readinessOf } from "./health.ts";
import { JobMetrics } from "./job_metrics.ts";

/** Whose status is served. */
export interface MonitoredJob {
  status(): JobStatus;
  onCommit(listener: (commit: CommitStatus) => void): void;
}

/** Where the server listens, and for which job. */
export interface MonitorOptions {
  /** "9464", "0.0.0.0:9464", "[::1]:9464" */
  readonly http: string;
  readonly jobName: string;
  readonly logger: Logger;
}

/**
 * Serves `/metrics` for Prometheus, `/healthz` and `/readyz` for whoever restarts and routes, until it is disposed.
 * @throws {JobError} if it cannot listen there
 */
export function openMonitor(job: MonitoredJob, { http, jobName, logger }: MonitorOptions): AsyncDisposable {
  const metrics = new JobMetrics(jobName);
  job.onCommit((commit) => metrics.committed(commit));
  const server = listen(http, jobName, async ({ method, url }) => {
    if (method !== "GET" && method !== "HEAD") return text("only GET is answered here", 405);
    switch (new URL(url).pathname) {
      case "/metrics":
        return text(await metrics.text(job.status()), 200, metrics.contentType);
      case "/healthz":
        return answer(healthOf(job.status()));
      case "/readyz":
        return answer(readinessOf(job.status()));
    }
    return text("there are /metrics, /healthz and /readyz", 404);
  });
  const { hostname, port } = server.addr;
  logger.info(`${jobName}: metrics at http://${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}/metrics`);
  return { [Symbol.asyncDispose]: () => server.shutdown() };
}

function listen(
  http: string,
  jobName: string,
  handler: (request: Request) => Promise<Response>,
): Deno.HttpServer<Deno.NetAddr> {
  const { hostname, port } = parseAddress(http);
  try {
    return Deno.serve({ hostname, port, onListen: () => {} }, handler);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    const why = error instanceof Deno.errors.AddrInUse ? "another program listens there" : (error as Error).message;
    throw new JobError(`Cannot serve metrics of "${jobName}" at ${hostname}:${port}: ${why}; choose another --http`);
  }
}

/**
 * `9464` is for this machine alone, `0.0.0.0:9464` for all that reach it.
 * @throws {RangeError} if it is not an address
 */
export function parseAddress(text: string): { readonly hostname: string; readonly port: number } {
  const [, host = "127.0.0.1", port] = /^(?:(.+):)?(\d{1,5})$/.exec(text) ?? [];
  const hostname = host.replace(/^\[(.*)\]$/, "$1");
  if (port !== undefined && Number(port) <= 65_535) return { hostname, port: Number(port) };
  throw new RangeError(`"${text}" is not a port, nor host:port`);
}

function answer({ isOk, words }: Health): Response {
  return text(`${words}\n`, isOk ? 200 : 503);
}

function text(body: string, status: number, type = "text/plain; charset=utf-8"): Response {
  return new Response(body, { status, headers: { "content-type": type, "cache-control": "no-store" } });
}
