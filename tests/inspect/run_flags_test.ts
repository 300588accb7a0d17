import { assertEquals } from "@std/assert";
import { flagsInTasks } from "../../src/inspect/run_flags.ts";

const CONFIG = JSON.stringify({
  tasks: {
    test: "deno test",
    all: { description: "two", command: "deno task start && deno task stop" },
    start: "deno run --no-prompt --allow-net=broker:9092 --watch ./main.ts --print",
    other: { command: "deno run -A main.ts" },
  },
});

Deno.test("flagsInTasks() finds the flags of the first task that runs a file, without those for watching", () => {
  assertEquals(flagsInTasks("/p/main.ts", CONFIG, "/p"), ["--no-prompt", "--allow-net=broker:9092"]);
});

Deno.test("flagsInTasks() finds nothing where no task runs the file, or there are no tasks", () => {
  assertEquals(flagsInTasks("/p/other.ts", CONFIG, "/p"), undefined);
  assertEquals(flagsInTasks("/p/main.ts", "{}", "/p"), undefined);
  assertEquals(flagsInTasks("/p/main.ts", "no JSON", "/p"), undefined);
});
