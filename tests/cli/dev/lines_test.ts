import { assertEquals } from "@std/assert";
import { Lines } from "../../../src/cli/dev/lines.ts";

const NEVER = new AbortController().signal;

function linesOf(): { readonly lines: Lines<string>; write(text: string): Promise<void>; close(): Promise<void> } {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  return {
    lines: new Lines(readable),
    write: (text) => writer.write(new TextEncoder().encode(text)),
    close: () => writer.close(),
  };
}

Deno.test("Lines hands out lines in their order, however they are cut, and then the end for good", async () => {
  const { lines, write, close } = linesOf();
  const next = lines.next(NEVER);
  await write("ru");
  await write("n\npause\n");
  await close();
  assertEquals([await next, await lines.next(NEVER)], ["run", "pause"]);
  assertEquals([await lines.next(NEVER), await lines.next(NEVER)], [undefined, undefined]);
});

Deno.test("Lines.onNext() hears of the next line, and of the end; next() ends with its signal", async () => {
  const { lines, write, close } = linesOf();
  let heard = 0;
  const { promise, resolve } = Promise.withResolvers<void>();
  lines.onNext(() => resolve(void heard++));
  await write("pause\n");
  await promise;
  assertEquals(await lines.next(NEVER), "pause");
  const stop = new AbortController();
  const next = lines.next(stop.signal);
  stop.abort();
  assertEquals(await next, undefined);
  await close();
  await lines.next(NEVER);
  lines.onNext(() => heard++);
  assertEquals(heard, 2);
});
