/** A job as one module, to be sent to where it runs. */
import { dirname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { configOf } from "../../inspect/run_flags.ts";

/** A job that cannot be bundled, in one sentence. */
export class BundleError extends Error {
  override name = "BundleError";
  readonly code = "TOOL_FAILED";
}

/** What becomes of some modules in the bundle: others take their place. Paths from the project's folder, with "./" before. */
export type Replacements = Readonly<Record<string, string>>;

/**
 * Bundles a file with all that it imports.
 * @param options.root the absolute path of the package, with deno.json; what the file itself imports is found by the deno.json above it
 * @throws {BundleError} with what the bundler found
 */
export async function bundleJob(
  file: string,
  { root, replacements = {} }: { readonly root: string; readonly replacements?: Replacements },
): Promise<string> {
  const map = JSON.stringify(await importMapOf(resolve(file), { root, replacements }));
  const dir = await Deno.makeTempDir({ prefix: "bundle-" });
  try {
    await Deno.writeTextFile(`${dir}/map.json`, map);
    const flags = [
      ...["--quiet", "--no-config", "--no-lock", "--node-modules-dir=none", "--import-map", `${dir}/map.json`],
      ...["--platform", "deno", "--keep-names"],
    ];
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["bundle", ...flags, "-o", `${dir}/job.js`, file],
      env: { NO_COLOR: "1" },
      stdin: "null",
    }).output();
    if (!success) {
      const reason = new TextDecoder().decode(stderr).trim();
      throw new BundleError(`Cannot bundle "${file}": ${reason.split("\n").slice(0, 12).join("\n")}`);
    }
    return await Deno.readTextFile(`${dir}/job.js`);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

interface Settings {
  readonly name?: string;
  readonly imports?: Readonly<Record<string, string>>;
  readonly exports?: Readonly<Record<string, string>>;
}

/** What the file's project imports, what the package imports, and what takes the place of what in the package. */
async function importMapOf(
  file: string,
  { root, replacements }: { readonly root: string; readonly replacements: Replacements },
): Promise<unknown> {
  const own = await settingsIn(`${root}/deno.json`);
  const absolute = (path: string) => `file://${encodeURI(root)}/${path.replace("./", "")}`;
  const replaced = Object.entries(replacements).map(([from, to]) => [absolute(from), absolute(to)]);
  const entries = Object.entries(own.exports ?? {}).map((
    [name, path],
  ) => [`${own.name}${name.slice(1)}`, absolute(path)]);
  const config = await configOf(file);
  const project = config === undefined || config === `${root}/deno.json` ? own : await settingsIn(config);
  const imports = Object.entries(project.imports ?? {}).map(([name, to]) =>
    [name, /^\.{1,2}\//.test(to) ? pathToFileURL(resolve(dirname(config!), to)).href : to] as const
  );
  return {
    imports: Object.fromEntries([...imports, ...entries, ...replaced]),
    // The package may want other versions than the project.
    scopes: { [absolute("./")]: own.imports ?? {} },
  };
}

async function settingsIn(path: string): Promise<Settings> {
  return JSON.parse(await Deno.readTextFile(path));
}
