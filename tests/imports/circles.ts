import { importsOf, type SourceFile } from "./source_files.ts";

/**
 * Circles of imports, each as `a.ts → b.ts → a.ts`: the shortest through a file that is in none of those before.
 *
 * @param types whether imports of types alone count
 */
export function findCircles(files: readonly SourceFile[], types: boolean): string[] {
  const imports = new Map(files.map((file) => [
    file.path,
    importsOf(file).filter(({ typeOnly }) => types || !typeOnly).map(({ to }) => to),
  ]));
  const circles: string[][] = [];
  for (const path of [...imports.keys()].sort()) {
    if (circles.some((circle) => circle.includes(path))) continue;
    const circle = shortestCircle(path, imports);
    if (circle !== undefined) circles.push(circle);
  }
  return circles.map((circle) => circle.join(" → "));
}

/** From a file over its imports back to it, breadth first. */
function shortestCircle(start: string, imports: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const importedBy = new Map<string, string>();
  const queue = [start];
  for (const path of queue) {
    for (const to of imports.get(path) ?? []) {
      if (to === start) return [...wayTo(path, start, importedBy), start];
      if (importedBy.has(to)) continue;
      importedBy.set(to, path);
      queue.push(to);
    }
  }
  return undefined;
}

function wayTo(path: string, start: string, importedBy: ReadonlyMap<string, string>): string[] {
  const way = [path];
  while (way[0] !== start) way.unshift(importedBy.get(way[0]!)!);
  return way;
}
