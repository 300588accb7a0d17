/** The worker's process: requests on standard input, answers on standard output. */
import type { DescribedJob } from "../description.ts";
import { type Frame, FrameType, HEADER_BYTES, readHeader } from "../protocol/frame.ts";
import { StageWorker } from "./stage_worker.ts";

/** Answers until the runner ends it or is gone; never resolves. */
export async function serve(job: DescribedJob): Promise<never> {
  const worker = new StageWorker(job);
  const { stdout } = Deno;
  keepForFrames();
  while (true) {
    const frame = readFrame();
    if (frame === undefined || frame.type === FrameType.CLOSE) {
      await worker.close();
      Deno.exit(0);
    }
    writeAll(stdout, await worker.answer(frame));
  }
}

/** What the job prints goes to the log: between frames it would be taken for one. */
function keepForFrames(): void {
  // deno-lint-ignore no-console -- so that what a job logs is not lost
  Object.assign(console, { log: console.error, info: console.error, debug: console.error });
  Object.defineProperty(Deno, "stdout", { value: Deno.stderr });
}

/** Waits for the next request; undefined if the runner is gone. */
function readFrame(): Frame | undefined {
  const header = readBytes(HEADER_BYTES);
  if (header === undefined) return undefined;
  const { type, length } = readHeader(header);
  const body = readBytes(length);
  return body && { type, body };
}

function readBytes(length: number): Uint8Array<ArrayBuffer> | undefined {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length;) {
    const read = Deno.stdin.readSync(bytes.subarray(at));
    if (read === null) return undefined;
    at += read;
  }
  return bytes;
}

function writeAll(to: { writeSync(bytes: Uint8Array): number }, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += to.writeSync(bytes.subarray(at));
}
