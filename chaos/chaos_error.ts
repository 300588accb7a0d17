/** Some jobs left behind what they should not. */
export class ChaosError extends Error {
  override name = "ChaosError";
  readonly expected = true;
}
