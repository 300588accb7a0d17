import { SplitOperator } from "../operators/split.ts";
import { OutputTag } from "../side_output.ts";
import { checkBranches } from "./checks.ts";
import type { DataStream } from "./data_stream.ts";

/** Predicates by the name of their branch. */
export type Branches<T> = Readonly<Record<string, (value: T) => boolean>>;

/** A stream for each branch, by its name. */
export type SplitStreams<T, B> = { readonly [Name in keyof B]: DataStream<Narrowed<T, B[Name]>> };

/** The type of the records for which a predicate is true: narrowed, if it is a type guard. */
export type Narrowed<T, P> = P extends ((value: T) => value is infer S extends T) ? S : T;

/** Splits a stream into branches: each record goes to the first one whose predicate is true. */
export function splitStream<T, B extends Branches<T>>(stream: DataStream<T>, branches: B): SplitStreams<T, B> {
  checkBranches(branches);
  const tagged = Object.entries(branches).map(([name, takes]) => ({ tag: new OutputTag<T>(name), takes }));
  const all = stream.transform("split", () => new SplitOperator(tagged));
  const streams = Object.fromEntries(tagged.map(({ tag }) => [tag.id, all.getSideOutput(tag)]));
  return streams as unknown as SplitStreams<T, B>;
}
