/** Each lesson is read from top to bottom, one after the other: what stood in an earlier one is no news in a later. */
import { assert, assertEquals } from "@std/assert";

const ROOT = new URL("../src/", import.meta.url);
const mayRead = Deno.permissions.querySync({ name: "read" }).state === "granted";

/** A test that reads the project's files. */
function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ name: mayRead ? name : `${name} (skipped: it needs to read files)`, ignore: !mayRead, fn });
}

/** The lessons by their files, in order. */
async function lessons(): Promise<Map<string, string>> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(ROOT)) if (/^s\d\d_\w+\.ts$/.test(name)) names.push(name);
  const texts = names.sort().map(async (name) => [name, await Deno.readTextFile(new URL(name, ROOT))] as const);
  return new Map(await Promise.all(texts));
}

/**
 * The lines that a reader reads, blanks around them left out. Not counted are imports, which name where words come from and are
 * the same wherever the same words are used, and lines without a letter or digit: a closing bracket is nobody's idea.
 */
function linesOf(text: string): string[] {
  const code = text.replaceAll(/^import [^;]*;\n/gm, "");
  return code.split("\n").map((line) => line.trim()).filter((line) => /[\p{L}\d]/u.test(line));
}

/** Which part of its lines `text` has in common with `other`, each line of the other counted once. */
function shareIn(text: string, other: string): number {
  const lines = linesOf(text);
  const left = Map.groupBy(linesOf(other), (line) => line);
  return lines.filter((line) => left.get(line)?.pop() !== undefined).length / lines.length;
}

test("no lesson shares more than a third of its lines with another", async () => {
  const texts = [...await lessons()];
  assert(texts.length >= 12);
  const similar = texts.flatMap(([name, text]) =>
    texts.filter(([other]) => other !== name).flatMap(([other, otherText]) => {
      const share = shareIn(text, otherText);
      return share > 1 / 3 ? [`${name}: ${Math.round(share * 100)} % of its lines stand in ${other} too`] : [];
    })
  );
  assertEquals(similar, []);
});

test("each lesson names its new idea, exports its workflow and runs when it is the main program", async () => {
  for (const [name, text] of await lessons()) {
    const [, header = ""] = /^\/\*\*\n([^]*?)\*\//.exec(text) ?? [];
    assert(/^ \* Lesson \d+/.test(header), name);
    assertEquals([...header.matchAll(/\bNew here: /g)].length, 1, name);
    assert(/^ \* .*\bRun `deno task /m.test(header), name);
    // Lesson 5 is no job: it is the outside world.
    if (!name.startsWith("s05")) assert(/^export function defineWorkflow\(/m.test(text), name);
    assert(text.endsWith("\nif (import.meta.main) await runMain(main);\n"), name);
  }
});

test("no two lessons have the same new idea", async () => {
  const introduced = new Map<string, string>();
  for (const [name, text] of await lessons()) {
    const [, news = ""] = /New here: ([^]*?)(?:\n \* Run|\n \*\/)/.exec(text) ?? [];
    for (const [word] of news.matchAll(/`[^`]+\(\)`/g)) {
      assertEquals(introduced.get(word), undefined, `${word} is new in ${name} and was before`);
      introduced.set(word, name);
    }
  }
  assertEquals(introduced.get("`union()`"), "s16_merge.ts");
});

Deno.test("shareIn() counts lines, not brackets and imports, and each line of the other once", () => {
  const text = 'import { a } from "./a.ts";\nimport {\n  b,\n} from "./b.ts";\n\nf(1);\nf(1);\nif (x) {\n  g();\n}\n';
  assertEquals(linesOf(text), ["f(1);", "f(1);", "if (x) {", "g();"]);
  assertEquals(shareIn(text, 'import { a } from "./a.ts";\n  f(1);\n}\n'), 1 / 4);
  assertEquals(shareIn(text, text), 1);
});
