/** An experiment has found lost, doubled or wrong results. */
export class ChaosError extends Error {
  override name = "ChaosError";
  readonly expected = true;
}
