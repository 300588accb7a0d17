import { SILENT, StreamExecutionEnvironment } from "@stream-apps/deno";
import { assertEquals } from "@std/assert";
import { describeReport } from "./csv_report.ts";

const allowed = (["read", "write"] as const).every((name) => Deno.permissions.querySync({ name }).state === "granted");

Deno.test({
  name: `describeReport() sums up cities hour by hour${allowed ? "" : " (skipped: it needs files)"}`,
  ignore: !allowed,
  async fn() {
    const root = await Deno.makeTempDir();
    try {
      const [path, dir] = [`${root}/sales.csv`, `${root}/report`];
      await Deno.writeTextFile(
        path,
        "time,city,euros\n2026-03-01T12:05:00Z,Ulm,3\n2026-03-01T12:04:00Z,Ulm,4.5\nyesterday,Ulm,1000\n" +
          '2026-03-01T13:00:00Z,Ulm,2\n2026-03-01T12:59:00Z,"Bonn, Rhein",1\n', // the last row comes late
      );
      const env = new StreamExecutionEnvironment({ onError: "skip", logger: SILENT });
      describeReport(env, { path, dir });
      await env.execute();

      const lines: string[] = [];
      for await (const { name } of Deno.readDir(dir)) {
        if (name.startsWith("part-")) lines.push(...(await Deno.readTextFile(`${dir}/${name}`)).trim().split(/\r?\n/));
      }
      assertEquals(lines.sort(), [
        '2026-03-01T12:00:00.000Z,"Bonn, Rhein",1',
        "2026-03-01T12:00:00.000Z,Ulm,7.5",
        "2026-03-01T13:00:00.000Z,Ulm,2",
        "hour,city,euros",
      ]);
    } finally {
      await Deno.remove(root, { recursive: true });
    }
  },
});
