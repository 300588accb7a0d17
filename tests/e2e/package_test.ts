/** The README's promise to whoever keeps a job in a folder of their own: its `deno.json` and its job, as they stand there. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { embeddedBroker, mayRunPrograms, succeed } from "./programs.ts";

const ROOT = new URL("../../", import.meta.url);
const allowed = mayRunPrograms();

/** The first block of that kind in the section "Use it as a package", with the paths of this project. */
async function blockOf(kind: string): Promise<string> {
  const readme = await Deno.readTextFile(new URL("README.md", ROOT));
  const section = readme.slice(readme.indexOf("## Use it as a package"), readme.indexOf("## Read on"));
  const [, text] = new RegExp(`^\`\`\`${kind}\\n([^]*?)^\`\`\`$`, "m").exec(section)!;
  return text!;
}

Deno.test({
  name: `A job in another folder runs as the README has it${
    allowed ? "" : " (skipped: needs permission to run programs)"
  }`,
  ignore: !allowed,
  async fn() {
    const dir = await Deno.makeTempDir();
    try {
      const logDir = join(dir, "log");
      const broker = embeddedBroker(logDir);
      const start = "2026-01-01T00:00:00Z";
      await succeed(broker, "gen", ["--create", "--count", "60", "--seed", "7", "--rate", "max", "--start", start]);
      await succeed(broker, "s16", ["--bounded", "--from", "earliest", "--now", "2025-01-01T00:00:00"]);

      const settings = (await blockOf("json")).replace("../building-deno-stream-apps", fileURLToPath(ROOT));
      const job = (await blockOf("ts ignore")).replace("../building-deno-stream-apps/.broker", logDir);
      assertStringIncludes(job, logDir);
      await Deno.writeTextFile(join(dir, "deno.json"), settings);
      await Deno.writeTextFile(join(dir, "per_hour.ts"), job);

      const { code, stdout, stderr } = await runIn(dir, ["run", "-A", "--check", "per_hour.ts"]);
      assertEquals(code, 0, stderr);
      const counts = stdout.trim().split("\n").map((line) => JSON.parse(line));
      assertEquals(counts.sort((a, b) => a.source < b.source ? -1 : 1), [
        { source: "skyone", flights: 60 },
        { source: "sunset", flights: 60 },
      ]);
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  },
});

async function runIn(cwd: string, args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const env = { BOOTSTRAP_SERVERS: "", NO_COLOR: "1" };
  const output = await new Deno.Command(Deno.execPath(), { args: [...args], cwd, env }).output();
  const decoder = new TextDecoder();
  return { code: output.code, stdout: decoder.decode(output.stdout), stderr: decoder.decode(output.stderr) };
}
