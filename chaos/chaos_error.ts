/** An experiment has found lost, doubled or wrong results. */
export class ChaosError extends Error {
  override name = "ChaosError";
  readonly code = "TOOL_FAILED";
}
