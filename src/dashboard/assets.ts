/** The page's files: its own modules, with their types taken out, and the few packages that it uses. */
import { Hono } from "hono";
import { stripTypeScriptTypes } from "node:module";

const PAGE = new URL("page/", import.meta.url);

/** Packages that the page's modules import by name, and the file of each that a browser reads. */
const PACKAGES: Readonly<Record<string, string>> = {
  "@dagrejs/dagre": import.meta.resolve("@dagrejs/dagre"),
  "htm": import.meta.resolve("htm"),
  "preact": import.meta.resolve("preact"),
  "preact/hooks": import.meta.resolve("preact/hooks"),
  "uplot": import.meta.resolve("uplot/esm"),
};
const STYLES: Readonly<Record<string, string>> = { uplot: import.meta.resolve("uplot/css") };

const JAVASCRIPT = "text/javascript; charset=utf-8";
const CSS = "text/css; charset=utf-8";

/** Serves `/page/…` (modules and styles), `/npm/…` (packages), and the page itself at every other path. */
export function pageAssets(): Hono {
  const app = new Hono();
  const files = new Map<string, Promise<Asset | undefined>>();
  const serve = async (key: string, make: () => Promise<Asset | undefined>, request: Request): Promise<Response> => {
    const made = files.get(key) ?? make();
    files.set(key, made);
    const asset = await made;
    if (asset === undefined) return new Response("not found", { status: 404 });
    const { body, type, tag } = asset;
    const headers = { "content-type": type, "cache-control": "no-cache", etag: tag };
    return request.headers.get("if-none-match") === tag
      ? new Response(null, { status: 304, headers })
      : new Response(body, { headers });
  };
  app.get("/page/*", (c) => serve(c.req.path, () => pageFile(c.req.path.slice("/page/".length)), c.req.raw));
  app.get("/npm/*", (c) => serve(c.req.path, () => packageFile(c.req.path.slice("/npm/".length)), c.req.raw));
  app.get("*", (c) => serve("/", () => pageFile("index.html"), c.req.raw));
  return app;
}

interface Asset {
  readonly body: string;
  readonly type: string;
  /** Of its content, so that a browser has to read it once only. */
  readonly tag: string;
}

async function pageFile(path: string): Promise<Asset | undefined> {
  const [, name, ending] = /^((?:[a-z0-9_]+\/)*[a-z0-9_]+)\.(ts|css|html|svg)$/.exec(path) ?? [];
  if (name === undefined) return undefined;
  const text = await read(new URL(path, PAGE).href);
  if (text === undefined) return undefined;
  switch (ending) {
    case "ts":
      return await asset(withPackages(stripTypeScriptTypes(text)), JAVASCRIPT);
    case "css":
      return await asset(text, CSS);
    case "svg":
      return await asset(text, "image/svg+xml");
    default:
      return await asset(text, "text/html; charset=utf-8");
  }
}

async function packageFile(path: string): Promise<Asset | undefined> {
  const [, name, ending] = /^(.+)\.(js|css)$/.exec(path) ?? [];
  const urls = ending === "css" ? STYLES : PACKAGES;
  if (name === undefined || !Object.hasOwn(urls, name)) return undefined;
  const text = await read(urls[name]!);
  if (text === undefined) return undefined;
  return ending === "css" ? await asset(text, CSS) : await asset(withPackages(text), JAVASCRIPT);
}

/** A browser knows no package's name, and a table of names in the page would be a script in it. */
function withPackages(code: string): string {
  return code.replace(
    /(\bfrom\s*|\bimport\s*)(["'])([@\w/-]+)\2/g,
    (whole, before, _quote, name) => Object.hasOwn(PACKAGES, name) ? `${before}"/npm/${name}.js"` : whole,
  );
}

async function read(url: string): Promise<string | undefined> {
  try {
    const response = await fetch(url);
    return response.ok ? await response.text() : undefined;
  } catch {
    return undefined; // a file that does not exist
  }
}

async function asset(body: string, type: string): Promise<Asset> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(body)));
  return { body, type, tag: `"${hash.subarray(0, 12).toHex()}"` };
}
