import { OperatorError, RecordError } from "../errors.ts";
import type { ErrorPolicy } from "./options.ts";

/** Whether the job goes on without the record at which this was thrown. */
export function mayBury(error: unknown, policy: ErrorPolicy): error is OperatorError {
  return policy !== "fail" && error instanceof OperatorError && error.byRecord;
}

/** What a dead letter says of an error: the function's own words, without the operator's name, which stands beside them. */
export function wordsOf(error: OperatorError | RecordError): { errorClass: string; message: string } {
  const thrown: unknown = error instanceof OperatorError ? error.cause : error;
  return thrown instanceof Error
    ? { errorClass: thrown.name, message: thrown.message }
    : { errorClass: typeof thrown, message: String(thrown) };
}
