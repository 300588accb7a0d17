/** What a worker answers when the job has failed. */
import { isExpected, mayRestart } from "../../engine/error_codes.ts";
import type { JobRunOptions } from "../../engine/runtime/run_options.ts";
import { ByteWriter } from "../protocol/byte_writer.ts";
import { FrameType, ProtocolError } from "../protocol/frame.ts";

/** The frame: another attempt may succeed, or the job ends. */
export function failureFrame(error: unknown, options: JobRunOptions): Uint8Array<ArrayBuffer> {
  const frame = new ByteWriter().begin(mayPass(error, options) ? FrameType.FAILURE : FrameType.FATAL);
  frame.text(describeFailure(error));
  return frame.frame();
}

/** Whether another attempt may succeed, and the job is to be tried again. */
function mayPass(error: unknown, { restartStrategy }: JobRunOptions): boolean {
  return restartStrategy.type !== "none" && mayRestart(error) && !(error instanceof ProtocolError);
}

/** An error in its own words; with its stack where it is not meant for a person. */
function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (isExpected(error)) return error.message;
  const { cause } = error;
  const stack = cause instanceof Error ? cause.stack : error.stack;
  const lines = (stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  return [error.message, ...lines].join("\n");
}
