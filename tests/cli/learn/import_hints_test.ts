import { assertEquals } from "@std/assert";
import { withImportHint } from "../../../src/cli/learn/import_hints.ts";
import { mayRead } from "./loading.ts";

const ROOT = new URL("../../../", import.meta.url);

Deno.test({
  name: "withImportHint() finds from where a missing name is imported",
  ignore: !mayRead,
  async fn() {
    const from = async (name: string) =>
      /from "(.*)"/.exec(await withImportHint(`Cannot find name '${name}'.`, ROOT))?.[1];
    assertEquals(await from("WatermarkStrategy"), "@stream-apps/deno");
    assertEquals(await from("TumblingEventTimeWindows"), "@stream-apps/deno/windows");
    assertEquals(await from("ValueStateDescriptor"), "@stream-apps/deno/state");
    assertEquals(await from("ProcessWindowFunction"), "@stream-apps/deno/functions");
    assertEquals(await from("FunctionSink"), "@stream-apps/deno/sources");
    assertEquals(await from("landsAfter"), "../../src/models.ts");
    assertEquals(await from("nothing"), undefined);
    assertEquals(await withImportHint("Type 'a' is no 'b'.", ROOT), "Type 'a' is no 'b'.");
  },
});
