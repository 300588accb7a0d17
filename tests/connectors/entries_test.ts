/** How the embedded log gives back a job's entries: in pages of short ones, and long ones alone. */
import { assertEquals } from "@std/assert";

const allowed = (["read", "write"] as const).every((name) => Deno.permissions.querySync({ name }).state === "granted");

Deno.test({
  name: `embedded log: restore() gives entries of all lengths, whatever their keys${
    allowed ? "" : " (skipped: needs --allow-read and --allow-write)"
  }`,
  ignore: !allowed,
  fn: async () => {
    // node:sqlite is loaded only where files may be used.
    const { openEmbeddedBroker } = await import("../../src/connectors/embedded/mod.ts");
    const dir = await Deno.makeTempDir();
    try {
      const broker = await openEmbeddedBroker({ dir, sync: "normal" });
      const lease = await broker.openJob({
        job: "job",
        topics: [],
        sessionTimeoutMs: 10_000,
        transactional: true,
        whenActive: "refuse",
        onStandby: () => {},
        signal: new AbortController().signal,
      });
      const entries = new Map([["", "no key"], ["\0", "\0"], ["a\0", "1"], ["a\0b", "\0\0"], ["a", ""], [
        "😀",
        "\ufeff",
      ]]);
      // More than a page, with long ones and a NUL at the ends of pages.
      for (let i = 0; i < 10_000; i++) {
        const key = `${i % 3 === 0 ? "\0" : "k"}${String(i).padStart(5, "0")}`;
        entries.set(key, i % 777 === 0 ? `${i}`.repeat(5_000) : `${i}`);
      }
      for (const length of [4_090, 4_091, 4_092, 4_093]) entries.set(`edge${length}`, "ü".repeat(length / 2));
      await lease.commit({ changes: entries, positions: [] });
      const found = await lease.restore();
      assertEquals(found.size, entries.size);
      for (const [key, value] of entries) assertEquals(found.get(key) === value, true, JSON.stringify(key));
      await lease.release();
      await broker.close();
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  },
});
