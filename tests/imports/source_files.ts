/** A file of src. */
export interface SourceFile {
  /** Below src: "engine/api/data_stream.ts". */
  readonly path: string;
  readonly text: string;
}

/** What a file takes from another. */
export interface Import {
  /** A path below src, or the name of a package. */
  readonly to: string;
  readonly typeOnly: boolean;
}

/** Static, dynamic and type imports, and re-exports. Those of examples in comments begin behind an asterisk. */
export function importsOf({ path, text }: SourceFile): Import[] {
  const found: Import[] = [];
  const add = (to: string, typeOnly: boolean) => void found.push({ to: resolve(path, to), typeOnly });
  for (const [, type, names, to] of text.matchAll(/^(?:import|export)(\s+type)?\s+([^"';]*?)\s*from\s*"([^"]+)"/gm)) {
    const listed = /^\{(.*)\}$/s.exec(names!)?.[1]?.split(",").map((name) => name.trim()).filter((name) => name !== "");
    add(to!, type !== undefined || listed?.every((name) => name.startsWith("type ")) === true);
  }
  for (const [, to] of text.matchAll(/^import\s*"([^"]+)"/gm)) add(to!, false);
  for (const [, to] of text.matchAll(/^(?!\s*(?:\*|\/\/)).*\bimport\((.*?)\)/gm)) {
    add(/^\s*"([^"]+)"/.exec(to!)?.[1] ?? "a computed name", false);
  }
  return found;
}

function resolve(path: string, to: string): string {
  return to.startsWith(".") ? new URL(to, `file:///${path}`).pathname.slice(1) : to;
}

/** All TypeScript files below `dir`. */
export async function readAll(dir: URL, below = ""): Promise<SourceFile[]> {
  const files: SourceFile[] = [];
  for await (const { name, isDirectory } of Deno.readDir(dir)) {
    if (isDirectory) files.push(...await readAll(new URL(`${name}/`, dir), `${below}${name}/`));
    else if (name.endsWith(".ts")) {
      files.push({ path: below + name, text: await Deno.readTextFile(new URL(name, dir)) });
    }
  }
  return files;
}
