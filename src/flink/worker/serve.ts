/** The worker's process: requests on standard input, answers on standard output. */
import type { DescribedJob } from "../description.ts";
import { type Frame, FrameType, HEADER_BYTES, readHeader } from "../protocol/frame.ts";
import { StageWorker } from "./stage_worker.ts";

/** Answers until the runner ends it or is gone; never resolves. */
export async function serve(job: DescribedJob): Promise<never> {
  const worker = new StageWorker(job);
  const { stdout } = Deno;
  keepForFrames();
  while (!worker.isAsync) {
    const frame = readFrame();
    if (!goesOn(frame)) return await end(worker);
    writeAll(stdout, await worker.answer(frame));
  }
  return await serveAsync(worker, stdout);
}

/** The same for a worker that has something to report between requests: it waits for both at once. */
async function serveAsync(worker: StageWorker, stdout: Output): Promise<never> {
  let request = readFrameMeanwhile();
  let woken = worker.woken();
  while (true) {
    const isRequest = await Promise.race([request.then(() => true), woken.then(() => false)]);
    if (isRequest) {
      const frame = await request;
      if (!goesOn(frame)) return await end(worker);
      writeAll(stdout, await worker.answer(frame));
      request = readFrameMeanwhile();
      worker.wake();
    } else {
      const frame = await worker.push();
      if (frame !== undefined) writeAll(stdout, frame);
      woken = worker.woken();
    }
  }
}

/** A request, unless it is to end or nobody is there to ask. */
function goesOn(frame: Frame | undefined): frame is Frame {
  return frame !== undefined && frame.type !== FrameType.CLOSE;
}

async function end(worker: StageWorker): Promise<never> {
  await worker.close();
  Deno.exit(0);
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

/** The same as {@link readFrame}, while other work goes on. */
async function readFrameMeanwhile(): Promise<Frame | undefined> {
  const header = await readBytesMeanwhile(HEADER_BYTES);
  if (header === undefined) return undefined;
  const { type, length } = readHeader(header);
  const body = await readBytesMeanwhile(length);
  return body && { type, body };
}

async function readBytesMeanwhile(length: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length;) {
    const read = await Deno.stdin.read(bytes.subarray(at));
    if (read === null) return undefined;
    at += read;
  }
  return bytes;
}

interface Output {
  writeSync(bytes: Uint8Array): number;
}

function writeAll(to: Output, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += to.writeSync(bytes.subarray(at));
}
