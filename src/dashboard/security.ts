/** Who is answered: browsers that show the dashboard itself, and no other site's page. */
import type { MiddlewareHandler } from "hono";

/** Carries the token of a session with each request that changes something. */
const TOKEN_HEADER = "x-dashboard-token";

/** Nothing from elsewhere is loaded, no script or style stands in the page itself, nobody frames it. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy": CONTENT_SECURITY_POLICY,
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
};

/** A secret that only a page of this server can read. */
export function createToken(): string {
  return crypto.getRandomValues(new Uint8Array(24)).toBase64({ alphabet: "base64url", omitPadding: true });
}

/**
 * Refuses what does not come from the dashboard's own page, or a person's own program on an allowed address:
 *
 * - a `Host` that is not in the list: a name of somebody else that leads to this address (DNS rebinding)
 * - a request that another site's page makes; only a link to the page itself may come from anywhere
 * - a change without the token, which no other site's page can read
 */
export function guard(hosts: ReadonlySet<string>, token: string): MiddlewareHandler {
  return async (c, next) => {
    const { method, path } = c.req;
    const why = whyNot(c.req.raw.headers, { method, path, hosts, token });
    if (why === undefined) await next();
    else c.res = c.json({ error: why }, 403);
    for (const [name, value] of Object.entries(HEADERS)) c.res.headers.set(name, value);
    if (path.startsWith("/api/")) c.res.headers.set("cache-control", "no-store");
  };
}

interface Guarded {
  readonly method: string;
  readonly path: string;
  readonly hosts: ReadonlySet<string>;
  readonly token: string;
}

function whyNot(headers: Headers, { method, path, hosts, token }: Guarded): string | undefined {
  const host = headers.get("host")?.toLowerCase() ?? "";
  if (!hosts.has(host)) return "This name is not one of the dashboard's: --allow-host adds one";
  const origin = headers.get("origin");
  const changes = method !== "GET" && method !== "HEAD";
  if (origin !== null && origin !== `http://${host}` && origin !== `https://${host}`) return OTHER_SITE;
  const site = headers.get("sec-fetch-site");
  const isOwn = site === null || site === "same-origin" || site === "none";
  const isLink = headers.get("sec-fetch-mode") === "navigate" && !path.startsWith("/api/") && !changes;
  if (!isOwn && !isLink) return OTHER_SITE;
  if (changes && headers.get(TOKEN_HEADER) !== token) {
    return `A change needs the header ${TOKEN_HEADER} with the token of /api/session: reload the page`;
  }
  return undefined;
}

const OTHER_SITE = "Requests of other sites' pages are not answered";
