import { assertEquals } from "@std/assert";
import { linesAbout, workerLines } from "../../src/cli/flink/logs.ts";

const JOB = "8cbda18ae7ed333f91e8703aae3e566e";
const OTHER = "3a6716fbe9541ecc458a749197b2daf4";

const FIRST = `Starting with a line of no time
2026-11-30 16:54:34,107 INFO  WorkerProcess log of "count", subtask 1 - [${JOB}] "count", subtask 1: second
2026-11-30 16:54:34,108 WARN  [${JOB}] Task count (2/2)#0 - count (2/2)#0 switched to FAILED:
java.io.IOException: gone
	at streamapps.WorkerProcess.receive(WorkerProcess.java:80)
2026-11-30 16:54:35,000 INFO  WorkerProcess log of "count", subtask 1 - [${OTHER}] "count", subtask 1: of another job
`;
const SECOND =
  `2026-11-30 16:54:34,106 INFO  WorkerProcess log of "count", subtask 0 - [${JOB}] "count", subtask 0: first
2026-11-30 16:54:36,000 INFO  WorkerProcess main - [${JOB}] worker 17 of "count", subtask 0 ended
`;

Deno.test("workerLines() finds what a job's workers wrote in the logs of all TaskManagers, in the order of time", () => {
  assertEquals(workerLines(JOB, [FIRST, SECOND]), [
    '2026-11-30 16:54:34,106 "count", subtask 0: first',
    '2026-11-30 16:54:34,107 "count", subtask 1: second',
  ]);
});

Deno.test("linesAbout() finds all that names a job, with the stack below a line", () => {
  const lines = linesAbout(JOB, [FIRST, SECOND]);
  assertEquals(lines.length, 4);
  assertEquals(lines[2]!.split("\n").length, 3);
  assertEquals(linesAbout(OTHER, [FIRST, SECOND]).length, 1);
});
