import { assertEquals } from "@std/assert";
import { WatchedFiles } from "../../../src/cli/dev/watched_files.ts";

const allowed = (["read", "write"] as const).every((name) => Deno.permissions.querySync({ name }).state === "granted");

function test(name: string, fn: (dir: string, files: WatchedFiles) => Promise<void>): void {
  Deno.test({
    name: `${name}${allowed ? "" : " (skipped: it needs to read and write files)"}`,
    ignore: !allowed,
    async fn() {
      const dir = await Deno.makeTempDir();
      const logged: string[] = [];
      try {
        using files = new WatchedFiles((message) => logged.push(message));
        await fn(dir, files);
      } finally {
        await Deno.remove(dir, { recursive: true });
      }
      assertEquals(logged, []);
    },
  });
}

const NEVER = new AbortController().signal;

test("WatchedFiles notices a file that is written, replaced, removed, or there at last", async (dir, files) => {
  const [a, b] = [`${dir}/a.ts`, `${dir}/b.ts`];
  const next = async (change: () => Promise<void>) => {
    await files.take([a, b]);
    const changed = files.untilChanged(NEVER);
    await change();
    await changed;
    return await files.changed();
  };
  await Deno.writeTextFile(a, "1");
  assertEquals(await next(() => Deno.writeTextFile(a, "2")), [a]);
  await Deno.writeTextFile(`${dir}/new`, "3");
  assertEquals(await next(() => Deno.rename(`${dir}/new`, a)), [a]);
  assertEquals(await next(() => Deno.writeTextFile(b, "here")), [b]);
  assertEquals(await next(() => Deno.remove(a)), [a]);
});

test(
  "WatchedFiles takes the same contents for no change, and a change between two looks for one",
  async (dir, files) => {
    const a = `${dir}/a.ts`;
    await Deno.writeTextFile(a, "1");
    await files.take([a]);
    const stop = new AbortController();
    let noticed = false;
    const changed = files.untilChanged(stop.signal).then(() => noticed = !stop.signal.aborted);
    await Deno.writeTextFile(a, "1");
    await Deno.writeTextFile(`${dir}/other.ts`, "2");
    stop.abort();
    await changed;
    assertEquals([noticed, await files.changed()], [false, []]);

    await Deno.writeTextFile(a, "2"); // nobody waits
    await files.untilChanged(NEVER);
    assertEquals(await files.changed(), [a]);
  },
);
