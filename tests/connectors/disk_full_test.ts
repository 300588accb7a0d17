/** A full disk is a sentence, nothing is half written, and the log goes on when there is room again. */
import { assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import { BrokerError, DiskFullError } from "../../src/connectors/broker_errors.ts";
import { brokerErrorOf } from "../../src/connectors/embedded/errors.ts";
import { fileError } from "../../src/connectors/files/errors.ts";
import { mayRestart } from "../../src/engine/error_codes.ts";

const mayWrite = (["read", "write"] as const).every((name) => Deno.permissions.querySync({ name }).state === "granted");

Deno.test({
  name: `the embedded log says that its disk is full, keeps nothing of it and goes on with room${
    mayWrite ? "" : " (skipped: it needs files)"
  }`,
  ignore: !mayWrite,
  async fn() {
    const { Database } = await import("../../src/connectors/embedded/database.ts");
    const dir = await Deno.makeTempDir();
    const database = await Database.open(dir, { busyTimeoutMs: 1_000, sync: "normal" });
    try {
      const insert = (bytes: number) =>
        database.write(() => {
          database.statement("CREATE TABLE IF NOT EXISTS filler (bytes BLOB)").run();
          database.statement("INSERT INTO filler VALUES (zeroblob(?))").run(bytes);
        });
      const rows = () => database.read(() => database.statement("SELECT count(*) AS count FROM filler").get()!.count);
      insert(1);
      const { page_count } = database.statement("PRAGMA page_count").get() as { page_count: number };
      database.statement(`PRAGMA max_page_count = ${page_count}`).get();
      const error = assertThrows(() => insert(1_000_000), DiskFullError, "the disk is full; make room on it");
      assertEquals([mayRestart(error), rows()], [true, 1]);
      database.statement("PRAGMA max_page_count = 1000000").get();
      insert(1_000_000);
      assertEquals(rows(), 2);
    } finally {
      database.close();
      await Deno.remove(dir, { recursive: true });
    }
  },
});

Deno.test("a full disk may pass, whoever says it is full; what else the system refuses will not", () => {
  const full = new Error("No space left on device (os error 28): write 'a'");
  const denied = new Error("Permission denied (os error 13): open 'a'");
  for (const error of [full, denied]) Object.assign(error, { code: "ENOSPC" });
  assertInstanceOf(brokerErrorOf(full, "write to", "a"), DiskFullError);
  assertEquals(brokerErrorOf(denied, "write to", "a") instanceof BrokerError, true);
  assertEquals([full, denied].map((error) => mayRestart(brokerErrorOf(error, "write to", "a"))), [true, false]);
  assertEquals([full, denied].map((error) => mayRestart(fileError("write", "a", error))), [true, false]);
});
