import { assertEquals } from "@std/assert";
import { PrintSink } from "../../../src/engine/sinks/print_sink.ts";

/** What goes to standard output meanwhile. */
async function printed(work: () => Promise<void>): Promise<string[]> {
  const { log } = console;
  const lines: string[] = [];
  // deno-lint-ignore no-console -- it is what the sink prints with
  console.log = (text: string) => void lines.push(text);
  try {
    await work();
  } finally {
    // deno-lint-ignore no-console -- see above
    console.log = log;
  }
  return lines;
}

Deno.test("PrintSink prints what was written when it is flushed, a value a line: text as it is, all else as JSON", async () => {
  const lines = await printed(async () => {
    const writer = await new PrintSink<unknown>("").open();
    for (const value of ["a b", 7, { city: "Ulm" }, null, ["x"]]) writer.write(value, 0);
    await writer.flush!();
    await writer.flush!();
  });

  assertEquals(lines, ['a b\n7\n{"city":"Ulm"}\nnull\n["x"]']);
});

Deno.test("PrintSink puts its prefix before each line", async () => {
  const lines = await printed(async () => {
    const writer = await new PrintSink<string>("late").open();
    writer.write("a", 0);
    writer.write("b", 0);
    await writer.flush!();
  });

  assertEquals(lines, ["late> a\nlate> b"]);
});

Deno.test("PrintSink is part of no commit", () => {
  assertEquals(new PrintSink("").exactlyOnceWith(), false);
});
