/** Where a name is imported from that TypeScript does not find in the learner's file. */

/** Files whose names learners use, and how they are imported in a learner's file. */
const IMPORTED_FROM: Readonly<Record<string, string>> = {
  "src/engine/entries/core.ts": "@stream-apps/deno",
  "src/engine/entries/windows.ts": "@stream-apps/deno/windows",
  "src/engine/entries/state.ts": "@stream-apps/deno/state",
  "src/engine/entries/functions.ts": "@stream-apps/deno/functions",
  "src/engine/entries/sources.ts": "@stream-apps/deno/sources",
  "src/engine/testing/mod.ts": "@stream-apps/deno/testing",
  "src/connectors/topics.ts": "@stream-apps/deno/kafka",
  "src/models.ts": "../../src/models.ts",
  "src/samples.ts": "../../src/samples.ts",
};

/**
 * The message with where its name is imported from, if it is about a name that is missing.
 * @param root the project's folder
 */
export async function withImportHint(message: string, root: URL): Promise<string> {
  const name = /^Cannot find name '(\w+)'/.exec(message)?.[1];
  if (name === undefined) return message;
  for (const [path, from] of Object.entries(IMPORTED_FROM)) {
    const text = await Deno.readTextFile(new URL(path, root));
    if (exports(text, name)) return `"${name}" has to be imported: import { ${name} } from "${from}";`;
  }
  return message;
}

/** Whether a module's text exports the name, by itself or from another. */
function exports(text: string, name: string): boolean {
  if (new RegExp(`^export (?:async )?(?:function|const|class|type|interface) ${name}\\b`, "m").test(text)) return true;
  return [...text.matchAll(/^export (?:type )?\{([^}]*)\}/gm)].some(([, names]) =>
    new RegExp(`(^|[\\s,])${name}\\s*(,|$)`).test(names!.trim())
  );
}
