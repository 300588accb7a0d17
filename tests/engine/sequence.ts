/** `SourceContext.sequence` for a source that is opened by a test. */
export function newSequence(): () => number {
  let last = 0;
  return () => ++last;
}
