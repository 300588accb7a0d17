import { assert, assertEquals } from "@std/assert";
import { CHECKPOINT_DURATION, METRICS } from "../../../src/engine/monitoring/metrics_table.ts";

const mayRun = (["run", "read", "net", "env", "write"] as const).every((name) =>
  Deno.permissions.querySync({ name }).state === "granted"
);

/** What a program sends to a collector: paths and bodies. */
interface Sent {
  readonly path: string;
  readonly body: string;
}

/** Longer than anything takes that works. */
const PATIENCE_MS = 30_000;

/** Runs a job under Deno's exporter, until a collector has got enough. @returns what that got */
async function sentBy(
  code: string,
  env: Record<string, string>,
  isEnough: (sent: readonly Sent[]) => boolean,
): Promise<Sent[]> {
  const sent: Sent[] = [];
  const enough = Promise.withResolvers<void>();
  const outOfPatience = setTimeout(enough.resolve, PATIENCE_MS);
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    sent.push({ path: new URL(request.url).pathname, body: (await request.text()).replaceAll(/\s/g, "") });
    if (isEnough(sent)) enough.resolve();
    return new Response("{}", { headers: { "content-type": "application/json" } });
  });
  const file = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(file, code);
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--config", new URL("../../../deno.json", import.meta.url).pathname, file],
      env: {
        OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${server.addr.port}`,
        OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
        OTEL_SERVICE_NAME: "stats",
        OTEL_METRIC_EXPORT_INTERVAL: "100",
        ...env,
      },
      stdin: "piped",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    await Promise.race([enough.promise, child.status]);
    await child.stdin.close();
    const { code: exit, stderr } = await child.output();
    assertEquals(exit, 0, new TextDecoder().decode(stderr));
  } finally {
    clearTimeout(outOfPatience);
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
// Observed metrics are sent at intervals, not at the end: the collector says when it has them.
if (Deno.env.get("OTEL_DENO") === "true") for await (const _ of Deno.stdin.readable);
`;

function bodies(sent: readonly Sent[], path: string): string {
  return sent.filter((one) => one.path === path).map(({ body }) => body).join("\n");
}

/** Names of metrics in OTLP's JSON. */
function metricNames(sent: readonly Sent[]): Set<string> {
  return new Set([...bodies(sent, "/v1/metrics").matchAll(/"name":"(stream_\w+)"/g)].map(([, name]) => name!));
}

/** Numbers of the span with a name, by attribute: OTLP writes them as text or not. */
function spansOf(sent: readonly Sent[], name: string): Record<string, number>[] {
  const all = sent.filter(({ path }) => path === "/v1/traces").flatMap(({ body }) =>
    (JSON.parse(body) as OtlpTraces).resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans))
  );
  return all.filter((span) => span.name === name).map(({ attributes }) =>
    Object.fromEntries(attributes.map(({ key, value }) => [key, Number(value.intValue ?? value.doubleValue)]))
  );
}

interface OtlpTraces {
  readonly resourceSpans: readonly {
    readonly scopeSpans: readonly {
      readonly spans: readonly {
        readonly name: string;
        readonly attributes: readonly {
          readonly key: string;
          readonly value: { readonly intValue?: string | number; readonly doubleValue?: number };
        }[];
      }[];
    }[];
  }[];
}

/** What a job of a sequence and a sink that is over has no value of: it has neither event time nor state nor timers. */
const WITHOUT_VALUE: readonly string[] = [
  "stream_currentInputWatermark",
  "stream_currentOutputWatermark",
  "stream_partitionCurrentWatermark",
  "stream_numEventTimeTimers",
  "stream_numProcessingTimeTimers",
  "stream_numStateEntries",
  "stream_numPendingResults",
];

Deno.test({
  name: `OTEL_DENO=true sends a span for each commit, with its size, and the metrics that /metrics has${
    mayRun ? "" : " (skipped: it needs to run programs)"
  }`,
  ignore: !mayRun,
  async fn() {
    const wanted = [CHECKPOINT_DURATION, ...METRICS].map(({ name }) => name).filter((name) =>
      !WITHOUT_VALUE.includes(name)
    );
    const sent = await sentBy(JOB, { OTEL_DENO: "true" }, (sent) => {
      const names = metricNames(sent);
      return wanted.every((name) => names.has(name));
    });
    const names = metricNames(sent);
    assertEquals(wanted.filter((name) => !names.has(name)), []);
    const commits = spansOf(sent, "commit");
    assertEquals(commits.reduce((sum, { records }) => sum + records!, 0), 3, JSON.stringify(sent));
    for (const { entries, bytes } of commits) assert(entries! > 0 && bytes! > entries!);
    assertEquals(await sentBy(JOB, {}, () => false), []);
  },
});
