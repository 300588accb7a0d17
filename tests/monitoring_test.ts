/** The board and the alerts of `docker compose --profile monitoring` use metrics that there are. */
import { assert, assertEquals } from "@std/assert";
import { parse } from "@std/yaml";
import { CHECKPOINT_DURATION, LATENCY, METRICS } from "../src/engine/monitoring/metrics_table.ts";

const ROOT = new URL("../", import.meta.url);
const mayRead = Deno.permissions.querySync({ name: "read" }).state === "granted";

/** What Prometheus has of a job: a histogram is three metrics there. */
const KNOWN = new Set([
  "stream_jobState",
  ...METRICS.map(({ name }) => name),
  ...[CHECKPOINT_DURATION, LATENCY].flatMap(({ name }) => [`${name}_bucket`, `${name}_sum`, `${name}_count`]),
]);

function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ name: mayRead ? name : `${name} (skipped: it needs to read files)`, ignore: !mayRead, fn });
}

function read(path: string): Promise<string> {
  return Deno.readTextFile(new URL(path, ROOT));
}

/** Metrics in an expression that no job has. */
function unknownIn(expression: string): string[] {
  return [...expression.matchAll(/\bstream_\w+/g)].map(([name]) => name).filter((name) => !KNOWN.has(name));
}

interface Alerts {
  readonly groups: readonly {
    readonly rules: readonly {
      readonly alert: string;
      readonly expr: string;
      readonly annotations: { readonly summary: string };
    }[];
  }[];
}

test("alerts.yml and docs/metrics.md ask for metrics that there are", async () => {
  const rules = (parse(await read("monitoring/alerts.yml")) as Alerts).groups.flatMap(({ rules }) => rules);
  assert(rules.length > 4);
  for (const { alert, expr, annotations } of rules) {
    assertEquals(unknownIn(expr), [], alert);
    assert(annotations.summary.length > 10, alert);
  }
  const page = await read("docs/metrics.md");
  for (const [, expr] of page.matchAll(/expr: (.*)/g)) assertEquals(unknownIn(expr!), []);
  assertEquals(unknownIn("rate(stream_numRecordsIn[1m]) + stream_jobState"), ["stream_numRecordsIn"]);
});

interface Board {
  readonly panels: readonly {
    readonly id: number;
    readonly title: string;
    readonly datasource: { readonly uid: string };
    readonly gridPos: { readonly x: number; readonly w: number };
    readonly targets: readonly { readonly expr: string }[];
  }[];
}

interface Compose {
  readonly services: Readonly<
    Record<string, { readonly entrypoint?: string; readonly healthcheck?: { readonly test: string[] } }>
  >;
  readonly configs: Readonly<Record<string, { readonly file?: string; readonly content?: string }>>;
}

test("board.json asks for metrics that there are, of the data source that compose.yaml provides", async () => {
  const { panels } = JSON.parse(await read("monitoring/board.json")) as Board;
  const { configs } = parse(await read("compose.yaml")) as Compose;
  const sources = parse(configs["grafana-datasource"]!.content!) as { datasources: { uid: string; url: string }[] };
  assertEquals(new Set(panels.map(({ id }) => id)).size, panels.length);
  for (const { title, datasource, gridPos: { x, w }, targets } of panels) {
    assertEquals(datasource.uid, sources.datasources[0]!.uid, title);
    assert(x + w <= 24, title);
    for (const { expr } of targets) assertEquals(unknownIn(expr), [], title);
  }
});

test("Prometheus reads the port at which the jobs of compose.yaml serve, and files that there are", async () => {
  const { services, configs } = parse(await read("compose.yaml")) as Compose;
  const { scrape_configs: [scrape] } = parse(await read("monitoring/prometheus.yml")) as {
    scrape_configs: [{ static_configs: [{ targets: string[] }] }];
  };
  for (const target of scrape.static_configs[0].targets) {
    const [service, port] = target.split(":") as [string, string];
    const { entrypoint, healthcheck } = services[service]!;
    assert(entrypoint!.includes(`--http 0.0.0.0:${port}`), service);
    assert(entrypoint!.includes(`--allow-net=redpanda:9092,0.0.0.0:${port}`), service);
    assert(healthcheck!.test.join(" ").includes(`:${port}/healthz`), service);
  }
  for (const { file } of Object.values(configs)) if (file !== undefined) await read(file);
});
