import { assertEquals } from "@std/assert";
import { Progress } from "../../src/gen/mod.ts";

const START_MS = Date.UTC(2026, 0, 1);

Deno.test("Progress keeps one line up to date on a terminal, and other lines whole", () => {
  const written: string[] = [];
  let nowMs = 0;
  const progress = new Progress({
    count: 400,
    isTerminal: true,
    showTime: false,
    write: (text) => void written.push(text),
    columns: () => 61,
    now: () => nowMs,
  });
  progress.start();
  nowMs = 50;
  progress.update(10, START_MS); // too early for the eye
  nowMs = 500;
  progress.update(100, START_MS);
  progress.writeLine("warning: slow");
  nowMs = 2000;
  assertEquals(written, [
    "\r\x1b[2K█████░░░░░░░░░░░░░░░ 25 %   skyone 100   sunset 100   200 a ",
    "\r\x1b[2Kwarning: slow\n",
  ]);
  assertEquals(progress.summary(), "Sent 100 records to skyone and 100 to sunset in 2.0 s, 50 a second each");
});

Deno.test("Progress writes a plain line every five seconds where there is no terminal", () => {
  const written: string[] = [];
  let nowMs = 0;
  const write = (text: string) => void written.push(text);
  const progress = new Progress({ count: Infinity, isTerminal: false, showTime: true, write, now: () => nowMs });
  progress.start();
  for (nowMs = 1000; nowMs <= 12_000; nowMs += 1000) progress.update(nowMs / 1000 * 2, START_MS);
  assertEquals(written, [
    "skyone 10   sunset 10   2.0 a second each   event time 2026-01-01T00:00:00.000Z\n",
    "skyone 20   sunset 20   2.0 a second each   event time 2026-01-01T00:00:00.000Z\n",
  ]);
});
