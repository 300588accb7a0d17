/**
 * A worker without an engine, for tests of the cluster: stage 0 takes records of a topic and passes them on under their key, stage 1
 * counts them for each key and writes key and count. A record whose value is "boom" fails.
 */
import { beginResult, finishResult, readTexts, writeHeaders, writeTexts } from "../../src/flink/protocol/bodies.ts";
import { ByteWriter } from "../../src/flink/protocol/byte_writer.ts";
import { FrameType, HEADER_BYTES, type OpenRequest, readHeader, setStage } from "../../src/flink/protocol/frame.ts";
import { RowReader } from "../../src/flink/protocol/rows.ts";

const decoder = new TextDecoder();
const to = new ByteWriter();
const counts = new Map<string, number>();
const changed = new Set<string>();
let stage = 0;
let watermarkMs: number | undefined;
let records = 0;

function read(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length;) {
    const count = Deno.stdin.readSync(bytes.subarray(at));
    if (count === null) Deno.exit(0);
    at += count;
  }
  return bytes;
}

function write(frame: Uint8Array): void {
  for (let at = 0; at < frame.length;) at += Deno.stdout.writeSync(frame.subarray(at));
}

function batch(body: Uint8Array): Uint8Array {
  const out = beginResult(to);
  for (const rows = new RowReader(body); rows.next();) {
    const key = decoder.decode(rows.key ?? new Uint8Array());
    const value = decoder.decode(rows.value ?? new Uint8Array());
    if (value === "boom") {
      return failure(`Operator "echo" failed at "echo" partition 0 offset 3: Error: boom\n    at echo (job.ts:3:5)`);
    }
    records++;
    if (stage === 0) {
      out.begin(0, rows.timestampMs, key, value);
    } else {
      const count = (counts.get(key) ?? 0) + 1;
      counts.set(key, count);
      changed.add(key);
      writeHeaders(out.begin(0, rows.timestampMs, key, `${key} ${count}`).int(-1), undefined);
    }
    out.end();
  }
  return result();
}

function result(): Uint8Array {
  const counters = {
    in: records,
    out: records,
    filtered: 0,
    late: 0,
    dead: 0,
    pending: 0,
    firesAtMs: Infinity,
    idle: 0,
    full: 0,
  };
  return finishResult(to, { watermarkMs, nextTimerMs: Number.POSITIVE_INFINITY, counters });
}

function failure(text: string): Uint8Array {
  to.begin(FrameType.FATAL).text(text);
  return to.frame();
}

function answer(type: number, body: Uint8Array<ArrayBuffer>): Uint8Array {
  switch (type) {
    case FrameType.OPEN:
      ({ stage } = JSON.parse(decoder.decode(body)) as OpenRequest);
      break;
    case FrameType.RESTORE: {
      const texts = readTexts(body);
      for (let i = 0; i < texts.length; i += 2) {
        if (texts[i] !== '["job"]') counts.set(texts[i]!, Number(texts[i + 1]));
      }
      break;
    }
    case FrameType.BATCH:
      return batch(body);
    case FrameType.WATERMARK:
      watermarkMs = new DataView(body.buffer, body.byteOffset).getFloat64(0, true);
      break;
    case FrameType.COMMIT:
      writeTexts(to.begin(FrameType.CHANGES), [
        "{}",
        // No record is at work.
        "0",
        ...[...changed].flatMap((key) => [key, key, String(counts.get(key))]),
      ]);
      changed.clear();
      return to.frame();
    case FrameType.CLOSE:
      Deno.exit(0);
  }
  beginResult(to);
  return result();
}

while (true) {
  const { type, stage, length } = readHeader(read(HEADER_BYTES));
  const frame = answer(type, read(length));
  setStage(frame, stage);
  write(frame);
}
