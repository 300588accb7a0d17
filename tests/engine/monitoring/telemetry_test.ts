import { assert, assertEquals } from "@std/assert";

const mayRun = (["run", "read", "net", "env", "write"] as const).every((name) =>
  Deno.permissions.querySync({ name }).state === "granted"
);

/** What a program sends to a collector: paths and bodies. */
interface Sent {
  readonly path: string;
  readonly body: string;
}

/** Runs a job under Deno's exporter. @returns what a collector got */
async function sentBy(code: string, env: Record<string, string>): Promise<Sent[]> {
  const sent: Sent[] = [];
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    sent.push({ path: new URL(request.url).pathname, body: (await request.text()).replaceAll(/\s/g, "") });
    return new Response("{}", { headers: { "content-type": "application/json" } });
  });
  const file = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(file, code);
    const { code: exit, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--config", new URL("../../../deno.json", import.meta.url).pathname, file],
      env: {
        OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${server.addr.port}`,
        OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
        OTEL_SERVICE_NAME: "stats",
        OTEL_METRIC_EXPORT_INTERVAL: "100",
        ...env,
      },
      stdout: "null",
      stderr: "piped",
    }).output();
    assertEquals(exit, 0, new TextDecoder().decode(stderr));
  } finally {
    await Deno.remove(file);
  }
  return sent;
}

const JOB = `
import { StreamExecutionEnvironment } from "${new URL("../../../src/engine/mod.ts", import.meta.url)}";
import { MemoryJobStore } from "${new URL("../../../src/engine/testing/mod.ts", import.meta.url)}";
const store = new MemoryJobStore();
const env = new StreamExecutionEnvironment({ jobName: "stats", store });
env.fromSequence(1, 3).sinkTo(store.sink("out"));
await env.execute();
// Observed metrics are sent at intervals, not at the end.
if (Deno.env.get("OTEL_DENO") === "true") await new Promise((wake) => setTimeout(wake, 600));
`;

Deno.test({
  name: `OTEL_DENO=true sends a span for each commit, with its size${
    mayRun ? "" : " (skipped: it needs to run programs)"
  }`,
  ignore: !mayRun,
  async fn() {
    const sent = await sentBy(JOB, { OTEL_DENO: "true" });
    const traces = sent.filter(({ path }) => path === "/v1/traces").map(({ body }) => body).join("\n");
    assert(traces.includes('"name":"commit"'), JSON.stringify(sent));
    for (const key of ["job_name", "records", "entries", "bytes"]) assert(traces.includes(`"key":"${key}"`), key);
    const metrics = sent.filter(({ path }) => path === "/v1/metrics").map(({ body }) => body).join("\n");
    assert(metrics.includes('"stream_checkpointDuration_seconds"'), metrics);
    assert(metrics.includes('"stream_numRecordsIn_total"'), metrics);
    assertEquals(await sentBy(JOB, {}), []);
  },
});
