/** `deno task learn time` as a program, with the permissions of its task. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { embeddedBroker, mayRunPrograms, run, succeed } from "./programs.ts";

Deno.test({
  name: `learn time draws the last records of a topic, and says what it cannot read${
    mayRunPrograms() ? "" : " (skipped: needs permission to run programs)"
  }`,
  ignore: !mayRunPrograms(),
  async fn() {
    const dir = await Deno.makeTempDir();
    try {
      const broker = embeddedBroker(dir);
      await succeed(broker, "topics", ["create", "words", "--partitions", "1"]);
      const words = [1_000, 12_000, 4_000].map((timestamp, i) => ({ timestamp, key: `key${i}`, value: "a" }));
      await succeed(
        broker,
        "topics",
        ["write", "words"],
        words.map((word) => JSON.stringify(word)).join("\n"),
      );
      const { stdout } = await run(broker, "learn", ["time", "--topic", "words", "--last", "3", "--step", "last"]);
      assertStringIncludes(stdout, "key2's 00:00:04 is late: the watermark is at 00:00:11.999");
      const unread = await run(broker, "learn", ["time", "--topic", "sentences"]);
      assertEquals([unread.code, unread.stdout], [2, ""]);
      assertStringIncludes(unread.stderr, '"sentences" does not exist');
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  },
});
