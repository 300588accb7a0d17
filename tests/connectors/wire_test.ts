/** Requests and answers as bytes of one connection. */
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Buffer } from "node:buffer";
import type { Exchange } from "../../src/connectors/kafka/exchange.ts";
import { Wire } from "../../src/connectors/kafka/wire.ts";

/** A wire, what it has written so far, and the answers that it has decoded. */
function newWire() {
  const written: Buffer[] = [];
  const wire = new Wire("me", { write: (bytes) => written.push(Buffer.from(bytes)) });
  /** Sends a body, and decodes an answer to its text. */
  const send = (
    body: string | Uint8Array<ArrayBuffer>,
    clientSideThrottleTime = 0,
    onWrite?: () => void,
  ): Promise<unknown> => {
    const buffer = typeof body === "string" ? Buffer.from(body) : body;
    const exchange: Exchange = {
      request: { apiKey: 3, apiVersion: 9, apiName: "Metadata", encode: () => Promise.resolve({ buffer }) },
      response: {
        decode: (payload) => Promise.resolve({ text: payload.toString(), clientSideThrottleTime }),
        parse: (decoded) => Promise.resolve((decoded as { text: string }).text),
      },
    };
    return wire.send(exchange, onWrite);
  };
  return { wire, written, send };
}

function answer(correlationId: number, text: string): Buffer {
  const header = Buffer.alloc(8);
  header.writeInt32BE(4 + text.length, 0);
  header.writeInt32BE(correlationId, 4);
  return Buffer.concat([header, Buffer.from(text)]);
}

/** Until all that waits for nothing but other promises has been done. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

Deno.test("send() writes a request with its header, a long body uncopied behind it", async () => {
  const { wire, written, send } = newWire();
  const short = send("body");
  await settle();
  assertEquals(written.map((bytes) => bytes.toString("hex")), [
    "00000010" + "0003" + "0009" + "00000000" + "0002" + "6d65" + "626f6479",
  ]);
  const long = new Uint8Array(100_000).fill(7);
  const asked = send(long);
  await settle();
  assertEquals(written.length, 3);
  assertEquals(written[1]!.toString("hex"), "000186ac" + "0003" + "0009" + "00000001" + "0002" + "6d65");
  assertEquals(written[2]!.equals(long), true);
  wire.receive(answer(0, "a"));
  wire.receive(answer(1, "b"));
  assertEquals(await Promise.all([short, asked]), ["a", "b"]);
});

Deno.test("receive() finds the answers in pieces of any length", async () => {
  const bytes = Buffer.concat([answer(0, "the first"), answer(1, ""), answer(2, "the third")]);
  for (let length = 1; length <= bytes.length; length++) {
    const { wire, send } = newWire();
    const answers = Promise.all([send("1"), send("2"), send("3")]);
    await settle();
    for (let at = 0; at < bytes.length; at += length) wire.receive(bytes.subarray(at, at + length));
    assertEquals(await answers, ["the first", "", "the third"]);
  }
});

Deno.test("receive() refuses what answers no request, before it waits for the rest of it", async () => {
  const { wire, send } = newWire();
  const asked = send("1");
  await settle();
  assertThrows(() => wire.receive(Buffer.from("HTTP/1.1 400 Bad Request")), RangeError, "what was not asked");
  wire.close(new Error("closed"));
  await assertRejects(() => asked, Error, "closed");
});

Deno.test("a broker that asks for a pause gets it, and then the requests in their order", async () => {
  const { wire, written, send } = newWire();
  const first = send("1", 5);
  await settle();
  wire.receive(answer(0, "slowly"));
  assertEquals(await first, "slowly");
  const writtenBefore: number[] = [];
  const note = () => void writtenBefore.push(written.length);
  const next = [send("2", 0, note), send("3", 0, note)];
  await settle();
  assertEquals([written.length, writtenBefore], [1, []]);
  while (written.length < 3) await new Promise((resolve) => setTimeout(resolve, 1));
  assertEquals(written.map((bytes) => bytes.toString().slice(-1)), ["1", "2", "3"]);
  assertEquals(writtenBefore, [1, 2]);
  wire.receive(Buffer.concat([answer(1, "b"), answer(2, "c")]));
  assertEquals(await Promise.all(next), ["b", "c"]);
});

Deno.test("close() rejects the requests without an answer, those that wait and later ones", async () => {
  const { wire, written, send } = newWire();
  const first = send("1", 60_000);
  await settle();
  wire.receive(answer(0, "not for a minute"));
  await first;
  const open = [send("2"), send("3")].map((each) => assertRejects(() => each, Error, "the connection was closed"));
  await settle();
  wire.close(new Error("the connection was closed"));
  await Promise.all(open);
  await assertRejects(() => send("4"), Error, "the connection was closed");
  assertEquals(written.length, 1);
});
