import { assertEquals } from "@std/assert";
import { commandsHere, projectCommands } from "../../src/cli/commands_here.ts";

const TEXT = 'see "deno task topics list" or "deno task dead-letters JOB list", after deno task start';
const TOOLS = ["topics", "dead-letters"];

Deno.test("commandsHere() leaves tasks that the project has, and names others by how they are started", () => {
  const project = JSON.stringify({ tasks: { topics: "…", start: "…" }, imports: { "@stream-apps/deno": "jsr:…" } });
  assertEquals(
    commandsHere(TEXT, TOOLS, projectCommands(project)),
    'see "deno task topics list" or "deno run -A @stream-apps/deno/tools dead-letters JOB list", after deno task start',
  );
});

Deno.test("commandsHere() names the registry where no project imports the package", () => {
  assertEquals(
    commandsHere("deno task topics list", TOOLS, projectCommands(undefined)),
    "deno run -A jsr:@stream-apps/deno/tools topics list",
  );
  assertEquals(projectCommands("no JSON").tasks.size, 0);
});
