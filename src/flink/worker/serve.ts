/** The worker's process: requests on standard input, answers on standard output. */
import type { DescribedJob } from "../description.ts";
import { HEADER_BYTES, readHeader } from "../protocol/frame.ts";
import { type StageRequest, StageWorkers } from "./stage_workers.ts";

/** How long functions may take to be closed, ms. */
const CLOSE_WITHIN_MS = 5_000;

/** Answers until the runner has no more to ask, or is gone; never resolves. */
export async function serve(job: DescribedJob): Promise<never> {
  const workers = new StageWorkers(job);
  const { stdout } = Deno;
  keepForFrames();
  while (!workers.isAsync) {
    const request = readFrame();
    if (request === undefined) return await end(workers);
    const answer = await workers.answer(request);
    if (answer !== undefined) writeAll(stdout, answer);
  }
  return await serveAsync(workers, stdout);
}

/** The same where a stage has something to report between requests: what comes first is next. */
async function serveAsync(workers: StageWorkers, stdout: Output): Promise<never> {
  let request = readFrameMeanwhile();
  while (true) {
    const woken = await Promise.race([request.then(() => undefined), ...workers.woken()]);
    let frame;
    if (woken === undefined) {
      const next = await request;
      if (next === undefined) return await end(workers);
      frame = await workers.answer(next);
      request = readFrameMeanwhile();
    } else {
      frame = await workers.push(woken);
    }
    if (frame !== undefined) writeAll(stdout, frame);
  }
}

async function end(workers: StageWorkers): Promise<never> {
  // The runner ends a worker that takes longer, unless it is gone itself.
  await Promise.race([workers.close(), new Promise((resolve) => setTimeout(resolve, CLOSE_WITHIN_MS))]);
  Deno.exit(0);
}

/** What the job prints goes to the log: between frames it would be taken for one. */
function keepForFrames(): void {
  // deno-lint-ignore no-console -- so that what a job logs is not lost
  Object.assign(console, { log: console.error, info: console.error, debug: console.error });
  Object.defineProperty(Deno, "stdout", { value: Deno.stderr });
}

/** Waits for the next request; undefined if the runner is gone. */
function readFrame(): StageRequest | undefined {
  const header = readBytes(HEADER_BYTES);
  if (header === undefined) return undefined;
  const { type, stage, length } = readHeader(header);
  const body = readBytes(length);
  return body && { type, stage, body };
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
async function readFrameMeanwhile(): Promise<StageRequest | undefined> {
  const header = await readBytesMeanwhile(HEADER_BYTES);
  if (header === undefined) return undefined;
  const { type, stage, length } = readHeader(header);
  const body = await readBytesMeanwhile(length);
  return body && { type, stage, body };
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
