import { assertEquals, assertThrows } from "@std/assert";
import { benchOptions } from "../../bench/questions.ts";
import { UsageError } from "../../src/utils.ts";

Deno.test("benchOptions() measures all but what is asked for by its name", () => {
  const options = benchOptions([]);
  assertEquals(options.questions, [
    "jobs",
    "growth",
    "windows",
    "late",
    "blocks",
    "engine",
    "start",
    "memory",
    "latency",
    "gen",
    "reports",
    "page",
  ]);
  assertEquals([options.rounds, options.against, options.peers], [5, undefined, false]);
});

Deno.test("benchOptions() with --against measures pairs, and others only if they are named too", () => {
  assertEquals(benchOptions(["--against", "HEAD~3"]).questions, ["pairs"]);
  assertEquals(benchOptions(["--against", "HEAD~3"]).against, "HEAD~3");
  assertEquals(benchOptions(["--against", "main", "--only", "latency,pairs"]).questions, ["latency", "pairs"]);
});

Deno.test("benchOptions() takes the rounds that are asked for, else two of the short form", () => {
  assertEquals(benchOptions(["--short"]).rounds, 2);
  assertEquals(benchOptions(["--short", "--rounds", "7"]).rounds, 7);
});

Deno.test("benchOptions() refuses pairs without a commit, a commit without pairs, and unknown measurements", () => {
  assertThrows(() => benchOptions(["--only", "pairs"]), UsageError, "name the commit to compare with, --against REF");
  assertThrows(() => benchOptions(["--against", "main", "--only", "jobs"]), UsageError, "--only leaves pairs out");
  assertThrows(() => benchOptions(["--only", "jobs,speed"]), UsageError, '"speed" is not one of jobs, growth');
});
