/** The dashboard's server: looks for jobs, and serves page and API. */
import type { Broker } from "../connectors/broker.ts";
import { BrokerError } from "../connectors/broker_errors.ts";
import type { Logger } from "../engine/mod.ts";
import { createDashboard } from "./app.ts";
import { jobFilesFor } from "../inspect/follow/known_jobs.ts";
import { JobsFeed } from "./jobs_feed.ts";
import { formatHost, type ListenAddress } from "./listen_address.ts";

/** Where it listens, and for whom. */
export interface ServeOptions extends ListenAddress {
  /** Names beside the address that browsers may reach it by. */
  readonly allowedHosts?: readonly string[];
  /** Files of jobs, each with its arguments, to follow records through; default: the lessons' two, or the demo's. */
  readonly jobs?: readonly string[];
  /** Logs what went wrong at a request. */
  readonly logger: Logger;
}

/** A dashboard that is being served. */
export interface ServedDashboard extends AsyncDisposable {
  /** "http://localhost:8081/" */
  readonly url: string;
}

/** Names of a machine for itself. */
const LOOPBACK = /^(127\.0\.0\.1|::1|localhost)$/;

/**
 * Serves the dashboard of a broker until it is disposed; the broker stays open.
 * @throws {BrokerError} if it cannot listen there
 */
export function serveDashboard(
  broker: Broker,
  { hostname, port, allowedHosts = [], jobs = [], logger }: ServeOptions,
): ServedDashboard {
  const feed = new JobsFeed(broker);
  const end = new AbortController();
  // The port is known once it listens; requests come later.
  const hosts = new Set<string>();
  const jobFiles = (topic: string) => jobFilesFor(topic, jobs);
  const app = createDashboard({ broker, feed, hosts, jobFiles, logger, signal: end.signal });
  const server = listen({ hostname, port }, app.fetch);
  const bound = server.addr.port;
  const names = LOOPBACK.test(hostname) ? ["localhost", "127.0.0.1", "[::1]"] : [formatHost(hostname)];
  for (const name of [...names, ...allowedHosts]) {
    hosts.add(name);
    hosts.add(`${name}:${bound}`);
  }
  feed.start();
  return {
    url: `http://${LOOPBACK.test(hostname) ? "localhost" : allowedHosts[0] ?? formatHost(hostname)}:${bound}/`,
    async [Symbol.asyncDispose]() {
      end.abort();
      await feed[Symbol.asyncDispose]();
      await server.shutdown();
    },
  };
}

function listen(
  { hostname, port }: ListenAddress,
  handler: (request: Request) => Response | Promise<Response>,
): Deno.HttpServer<Deno.NetAddr> {
  try {
    return Deno.serve({ hostname, port, onListen: () => {} }, handler);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    const why = error instanceof Deno.errors.AddrInUse ? "another program listens there" : (error as Error).message;
    throw new BrokerError(
      `Cannot serve the dashboard at ${formatHost(hostname)}:${port}: ${why}; choose another --http`,
    );
  }
}
