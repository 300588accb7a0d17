import type { StreamGraph } from "../graph.ts";
import { TestSink } from "./test_sink.ts";
import { type SourceDriver, TestSource } from "./test_source.ts";

/** The sources of a described job that a test fills by hand. */
export function testSourcesOf({ nodes }: StreamGraph): TestSource<unknown>[] {
  return nodes.flatMap((node) => node.kind === "source" && node.source instanceof TestSource ? [node.source] : []);
}

/**
 * Makes a harness drive the test sources of a described job.
 * @throws {TypeError} if two test sinks have one name, under which the store keeps what they have written
 */
export function bindTestParts(graph: StreamGraph, driver: SourceDriver): void {
  for (const source of testSourcesOf(graph)) source.drivenBy(driver);
  const names = graph.nodes.flatMap((node) =>
    node.kind === "sink" && node.sink instanceof TestSink ? [node.sink.name] : []
  );
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined) {
    throw new TypeError(`Cannot start a job with two test sinks "${twice}": give each a name of its own`);
  }
}

/**
 * The uid of the operator that a test looks at.
 * @param operator its uid or name
 * @throws {TypeError} if no operator, or several, have that name
 */
export function uidOf({ nodes }: StreamGraph, operator: string): string {
  if (nodes.length === 0) {
    throw new TypeError(`Cannot look at operator "${operator}": no job was started; call start()`);
  }
  const found = nodes.filter(({ uid }) => uid === operator);
  const named = found.length > 0 ? found : nodes.filter(({ name }) => name === operator);
  if (named.length === 1) return named[0]!.uid;
  const all = nodes.map(({ name, uid }) => name === uid ? `"${name}"` : `"${name}" (uid "${uid}")`).join(", ");
  throw new TypeError(
    named.length === 0
      ? `Cannot look at operator "${operator}": the job has ${all}`
      : `Cannot look at operator "${operator}": the job has ${named.length} of that name; use the uid: ${all}`,
  );
}
