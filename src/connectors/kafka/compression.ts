/**
 * The codecs of Kafka's record batches. The records of a batch are compressed together.
 *
 * gzip and zstd are built into Deno. snappy and lz4 come from a library in WebAssembly, which is loaded for the first such batch
 * that is read or written: {@link loadCodec}.
 */
import { gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import type { Compression } from "../broker.ts";

/** The codecs by Kafka's numbers for them in a batch's attributes. */
export const COMPRESSIONS: readonly Compression[] = ["none", "gzip", "snappy", "lz4", "zstd"];

interface Codec {
  compress(bytes: Uint8Array): Uint8Array;
  /** Throws an error of any class if the bytes are not compressed with this codec. */
  decompress(bytes: Uint8Array): Uint8Array;
}

const NONE: Codec = { compress: (bytes) => bytes, decompress: (bytes) => bytes };

/** The codecs that can be used: loaded, or built in. */
const codecs = new Map<Compression, Codec>([
  ["none", NONE],
  ["gzip", { compress: (bytes) => gzipSync(bytes), decompress: (bytes) => gunzipSync(bytes) }],
  ["zstd", { compress: (bytes) => zstdCompressSync(bytes), decompress: (bytes) => zstdDecompressSync(bytes) }],
]);

let loading: Promise<void> | undefined;

/** Resolves when the codec is loaded; undefined if it is already. */
export function loadCodec(compression: Compression): Promise<void> | undefined {
  if (codecs.has(compression)) return undefined;
  return loading ??= loadLibrary().catch((error) => {
    loading = undefined;
    throw error;
  });
}

/** @throws {Error} if the codec has not been loaded */
export function compress(bytes: Uint8Array, compression: Compression): Uint8Array {
  return codecOf(compression).compress(bytes);
}

/** @throws {Error} if the bytes are not compressed with this codec, or it has not been loaded */
export function decompress(bytes: Uint8Array, compression: Compression): Uint8Array {
  return codecOf(compression).decompress(bytes);
}

function codecOf(compression: Compression): Codec {
  const codec = codecs.get(compression);
  if (codec === undefined) throw new Error(`the codec ${compression} has not been loaded`);
  return codec;
}

async function loadLibrary(): Promise<void> {
  const library = await import("@platformatic/wasm-utils");
  const { Buffer } = await import("node:buffer");
  const asBuffer = ({ buffer, byteOffset, length }: Uint8Array) => Buffer.from(buffer, byteOffset, length);
  codecs.set("lz4", {
    compress: (bytes) => library.lz4Compress(asBuffer(bytes)),
    decompress: (bytes) => library.lz4Decompress(asBuffer(bytes)),
  });
  codecs.set("snappy", {
    // In one piece, as librdkafka writes it; Kafka's Java library reads both ways.
    compress: (bytes) => library.snappyCompress(asBuffer(bytes)),
    decompress: (bytes) => {
      if (!isFramed(bytes)) return library.snappyDecompress(asBuffer(bytes));
      return joined(framesOf(bytes).map((frame) => library.snappyDecompress(asBuffer(frame))));
    },
  });
}

/** The first bytes of snappy-java's frames: its name; a version and the oldest compatible one follow, int32 each. */
const FRAMED = Uint8Array.of(0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00);
const FRAMES_AT = 16;

function isFramed(bytes: Uint8Array): boolean {
  return FRAMED.every((byte, index) => bytes[index] === byte);
}

/**
 * The pieces of snappy-java's frames, each behind its length, int32.
 * @see https://github.com/xerial/snappy-java SnappyOutputStream
 */
function framesOf(bytes: Uint8Array): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const frames: Uint8Array[] = [];
  for (let at = FRAMES_AT; at < bytes.length;) {
    const end = at + 4 + view.getInt32(at);
    if (end < at + 4 || end > bytes.length) throw new RangeError("a piece reaches past the end");
    frames.push(bytes.subarray(at + 4, end));
    at = end;
  }
  return frames;
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((size, { length }) => size + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
