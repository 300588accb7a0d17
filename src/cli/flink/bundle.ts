/** A job as one module, to be sent to where it runs. */

/** A job that cannot be bundled, in one sentence. */
export class BundleError extends Error {
  override name = "BundleError";
  readonly code = "TOOL_FAILED";
}

/** What becomes of some modules in the bundle: others take their place. Paths from the project's folder, with "./" before. */
export type Replacements = Readonly<Record<string, string>>;

/**
 * Bundles a file with all that it imports.
 * @param options.root the absolute path of the project, with deno.json
 * @throws {BundleError} with what the bundler found
 */
export async function bundleJob(
  file: string,
  { root, replacements = {} }: { readonly root: string; readonly replacements?: Replacements },
): Promise<string> {
  const { imports } = JSON.parse(await Deno.readTextFile(`${root}/deno.json`));
  const dir = await Deno.makeTempDir({ prefix: "bundle-" });
  try {
    const absolute = (path: string) => `file://${encodeURI(root)}/${path.slice(2)}`;
    const replaced = Object.entries(replacements).map(([from, to]) => [absolute(from), absolute(to)]);
    const map = { imports: { ...imports, ...Object.fromEntries(replaced) } };
    await Deno.writeTextFile(`${dir}/map.json`, JSON.stringify(map));
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
