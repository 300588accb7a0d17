/** Where the package lies: in a folder, or at a registry. */

/** The folder with its `deno.json`. */
export const ROOT = new URL("../../../", import.meta.url);

/** Whether the package is a folder on this machine, not at a registry. */
export const isLocal: boolean = ROOT.protocol === "file:";

export { fileURLToPath as fromFileUrl } from "node:url";
