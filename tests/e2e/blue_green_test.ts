/** The recipe "A new version beside the old one": green goes on from the savepoint of blue, and nothing is missing or doubled. */
import { assertEquals } from "@std/assert";
import { join } from "node:path";
import { forEachBroker, startDeno, succeed, type TestBroker } from "./programs.ts";

let runs = 0;

/** Runs a version of the recipe to the end of what is there. */
async function runJob(broker: TestBroker, job: string, ...flags: readonly string[]): Promise<void> {
  const recipe = new URL("../../examples/blue_green.ts", import.meta.url).href;
  const program = startDeno(broker, ["run", "-A", recipe, job, ...flags, "--from", "earliest", "--bounded"]);
  const { code, stderr } = await program.ended;
  assertEquals(code, 0, stderr);
}

function payments(cents: readonly number[]): string {
  return cents.map((n) => `${JSON.stringify({ key: "ann", value: JSON.stringify({ account: "ann", cents: n }) })}\n`)
    .join("");
}

forEachBroker("A new version goes on from a savepoint of the old one", async (broker) => {
  const id = `${Date.now().toString(36)}_${Deno.pid}_${++runs}`;
  const [blue, green] = [`totals_blue_${id}`, `totals_green_${id}`];
  const [input, output] = [`bg_payments_${id}`, `bg_totals_${id}`];
  const topics = ["--payments", input, "--totals", output];
  const dir = await Deno.makeTempDir();
  try {
    await succeed(broker, "topics", ["create", input, output, "--partitions", "1"]);
    await succeed(broker, "topics", ["write", input], payments([1, 2, 3]));
    await runJob(broker, blue, "--version", "1", ...topics);

    const savepoint = join(dir, "savepoint.jsonl");
    await succeed(broker, "state", [blue, "export", savepoint]);
    await succeed(broker, "state", [green, "import", savepoint]);
    await succeed(broker, "topics", ["write", input], payments([10]));
    await runJob(broker, green, "--version", "2", ...topics);

    const { stdout } = await succeed(broker, "topics", ["read", output, "--bounded", "--json"]);
    const totals = stdout.trim().split("\n").map((line) => JSON.parse(JSON.parse(line).value));
    assertEquals(totals, [
      ...[1, 3, 6].map((cents) => ({ account: "ann", cents })),
      { account: "ann", cents: 16, payments: 1 },
    ]);
  } finally {
    await succeed(broker, "topics", ["delete", input, output]);
    for (const job of [blue, green]) await succeed(broker, "state", [job, "reset", "--yes"]);
    await Deno.remove(dir, { recursive: true });
  }
});
