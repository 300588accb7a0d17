/** Requests to the dashboard's API. */

/** Who answers. */
export interface Session {
  /** For changes. */
  readonly token: string;
  /** "embedded log in /home/me/.broker" */
  readonly broker: string;
  readonly kind: "kafka" | "embedded";
}

let session: Promise<Session> | undefined;

/** Asked for once. */
export function getSession(): Promise<Session> {
  session ??= get<Session>("/api/session");
  session.catch(() => session = undefined);
  return session;
}

/**
 * What the API has there.
 * @param path its parts are encoded by `pathOf()`
 * @throws {Error} with the API's sentence
 */
export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return await answerOf<T>(await fetch(path, signal === undefined ? {} : { signal }));
}

/**
 * Asks for a change. Call it for a confirmed action only.
 * @throws {Error} with the API's sentence
 */
export async function post<T>(path: string, body: unknown): Promise<T> {
  const { token } = await getSession();
  const headers = { "content-type": "application/json", "x-dashboard-token": token };
  return await answerOf<T>(await fetch(path, { method: "POST", headers, body: JSON.stringify(body) }));
}

/** A path of names: `pathOf("api", "jobs", name)`. */
export function pathOf(...parts: readonly string[]): string {
  return parts.map((part) => `/${encodeURIComponent(part)}`).join("");
}

async function answerOf<T>(response: Response): Promise<T> {
  const body = await response.json().catch(() => undefined);
  if (response.ok) return body as T;
  throw new Error((body as { error?: string } | undefined)?.error ?? `The dashboard answered ${response.status}`);
}
