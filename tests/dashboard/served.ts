/** A dashboard as a test asks it, without a browser. */
import type { Broker } from "../../src/connectors/broker.ts";
import { SILENT } from "../../src/engine/mod.ts";
import { serveDashboard } from "../../src/dashboard/serve.ts";

/** Serves the broker's dashboard on a free port. */
export class ServedForTest implements AsyncDisposable {
  readonly #served;
  /** "http://localhost:40123" */
  readonly origin: string;

  constructor(broker: Broker) {
    this.#served = serveDashboard(broker, { hostname: "127.0.0.1", port: 0, logger: SILENT });
    this.origin = this.#served.url.replace(/\/$/, "");
  }

  /** Asks as a person's own program would: no browser's headers but those that are given. */
  get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    return this.ask("GET", path, { headers });
  }

  /** What the API has there. */
  async json<T>(path: string): Promise<T> {
    return await (await this.get(path)).json();
  }

  async token(): Promise<string> {
    return (await this.json<{ token: string }>("/api/session")).token;
  }

  /** Asks for a change, with the session's token and as the dashboard's own page would. */
  async post(path: string, body: unknown): Promise<Response> {
    const headers = {
      "content-type": "application/json",
      "x-dashboard-token": await this.token(),
      origin: this.origin,
    };
    return await this.ask("POST", path, { headers, body: JSON.stringify(body) });
  }

  /** `fetch()` sets no `Host`, so the request is written by hand. */
  async ask(
    method: string,
    path: string,
    { headers = {}, body = "" }: { readonly headers?: Readonly<Record<string, string>>; readonly body?: string } = {},
  ): Promise<Response> {
    const { hostname, port, host } = new URL(this.origin);
    using connection = await Deno.connect({ hostname, port: Number(port) });
    const bytes = new TextEncoder().encode(body);
    const all = { host, "content-length": String(bytes.length), connection: "close", ...headers };
    const head = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`).join("");
    const writer = connection.writable.getWriter();
    await writer.write(new TextEncoder().encode(`${method} ${path} HTTP/1.1\r\n${head}\r\n`));
    await writer.write(bytes);
    return parseResponse(await new Response(connection.readable).bytes());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#served[Symbol.asyncDispose]();
  }
}

/** @param bytes an answer that ended with its connection */
function parseResponse(bytes: Uint8Array<ArrayBuffer>): Response {
  const latin = new TextDecoder("latin1").decode(bytes);
  const end = latin.indexOf("\r\n\r\n");
  const [status, ...lines] = latin.slice(0, end).split("\r\n");
  const headers = new Headers(lines.map((line) => line.split(/: ?(.*)/s, 2) as [string, string]));
  let body: Uint8Array<ArrayBuffer> = bytes.slice(end + 4);
  if (headers.get("transfer-encoding") === "chunked") body = withoutChunks(body);
  return new Response(body.length === 0 ? null : body, { status: Number(/ (\d+) /.exec(status!)![1]), headers });
}

function withoutChunks(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const parts: number[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = bytes.indexOf(10, at);
    const size = parseInt(new TextDecoder().decode(bytes.subarray(at, end)), 16);
    if (!(size > 0)) break;
    parts.push(...bytes.subarray(end + 1, end + 1 + size));
    at = end + 1 + size + 2;
  }
  return new Uint8Array(parts);
}
