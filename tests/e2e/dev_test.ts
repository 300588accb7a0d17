/** `deno task chaos --edits`, in short: a job is edited while `deno task dev` runs it. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { EDITS } from "../../chaos/edits/versions.ts";
import { runEdits } from "../../chaos/edits/run.ts";
import { openBroker } from "../../src/connectors/mod.ts";
import { SILENT } from "../../src/engine/mod.ts";
import { brokerSettings } from "../../src/utils.ts";
import { embeddedBroker, forEachBroker, run } from "./programs.ts";

forEachBroker(
  "A job that is edited while it runs loses nothing, doubles nothing, and refuses what does not fit",
  async (broker) => {
    const { env } = broker;
    await using opened = await openBroker({ settings: brokerSettings({ get: (name) => env[name] }), logger: SILENT });
    // All kinds on one broker; what depends on the broker is the switch.
    const edits = opened.port.kind === "kafka" ? 3 : EDITS.length;
    const { made, lost, doubled, moved } = await runEdits({
      port: opened.port,
      env: { BOOTSTRAP_SERVERS: "", BROKER: "", BROKER_DIR: "", ...env },
      edits,
      signal: new AbortController().signal,
    });
    assertEquals({ lost, doubled, moved }, { lost: 0, doubled: 0, moved: 0 });
    assertEquals(made.length, edits);
  },
);

Deno.test({
  name: "dev names what is wrong with its arguments",
  ignore: Deno.permissions.querySync({ name: "run" }).state !== "granted",
  async fn() {
    const broker = embeddedBroker("none");
    const missing = await run(broker, "dev", []);
    assertEquals([missing.code, missing.stderr.trim()], [
      2,
      "error: FILE is missing: deno task dev FILE [flags of the job]; --help shows more",
    ]);
    const unknown = await run(broker, "dev", ["src/nothing.ts"]);
    assertEquals([unknown.code, unknown.stderr.trim()], [
      2,
      'error: Cannot run "src/nothing.ts": there is no such file',
    ]);
    assertStringIncludes((await run(broker, "dev", ["--help"])).stdout, "Usage: deno task dev FILE");
  },
});
