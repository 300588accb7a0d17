import type { StreamNode } from "../graph.ts";
import { OutputTag } from "../side_output.ts";
import { WatermarkStrategy } from "../time/watermark_strategy.ts";

// Mistakes that can be seen while a job is described are thrown there, at the user's line, not somewhere at run time.

/** @throws {TypeError} if `given` is not a function */
export function checkFunction(method: string, given: unknown): void {
  if (typeof given !== "function") {
    throw new TypeError(
      `Cannot describe ${method}(): it takes a function, it was given ${given === null ? "null" : typeof given}`,
    );
  }
}

/**
 * @throws {TypeError} if `given` is not a function, or is async or a generator: the promise or the generator would be taken for
 *   its result
 */
export function checkPlainFunction(method: string, given: unknown): void {
  checkFunction(method, given);
  checkNow(method, "its function", given);
}

/**
 * @param what with its article, "a CoMapFunction"
 * @param members functions that it must have
 * @param optional functions that it may have
 * @throws {TypeError} if one is missing, not a function, async or a generator
 */
export function checkFunctions(
  method: string,
  what: string,
  given: unknown,
  members: readonly string[],
  optional: readonly string[] = ["open", "close"],
): void {
  if (typeof given === "function" && typeof given.prototype?.[members[0]!] === "function") {
    throw new TypeError(
      `Cannot describe ${method}(): it takes ${what}, it was given a class: write new ${given.name}()`,
    );
  }
  for (const member of members) checkHas(method, what, given, member);
  for (const member of [...members, ...optional]) {
    const value = (given as Record<string, unknown>)[member];
    if (value === undefined) continue;
    checkHas(method, what, given, member);
    checkNow(method, `${member}()`, value);
  }
}

/** @throws {TypeError} if `given` is not a watermark strategy */
export function checkStrategy(method: string, given: unknown): void {
  if (!(given instanceof WatermarkStrategy)) {
    throw new TypeError(
      `Cannot describe ${method}(): it takes a WatermarkStrategy, such as WatermarkStrategy.noWatermarks()`,
    );
  }
}

/** @throws {TypeError} if `given` is not a watermark strategy, or has an idleness, for which a stream has no partitions */
export function checkAssignedStrategy(given: unknown): void {
  checkStrategy("assignTimestampsAndWatermarks", given);
  if ((given as WatermarkStrategy<unknown>).idlenessMs !== undefined) {
    throw new TypeError(
      "Cannot describe assignTimestampsAndWatermarks() with withIdleness(): only partitions fall idle; give the strategy to fromSource()",
    );
  }
}

/** @throws {TypeError} if `given` has no such function */
export function checkHas(method: string, what: string, given: unknown, member: string): void {
  if (typeof (given as Record<string, unknown> | null | undefined)?.[member] !== "function") {
    throw new TypeError(`Cannot describe ${method}(): it takes ${what}, which has ${member}()`);
  }
}

/** @throws {TypeError} if `given` is neither the name of a field nor a position in a tuple */
export function checkField(method: string, given: unknown): void {
  if ((typeof given === "string" && given !== "") || (Number.isInteger(given) && given as number >= 0)) return;
  throw new TypeError(
    `Cannot describe ${method}(): it takes the name of a field, or of a tuple a position from 0, it was given ${
      typeof given === "string" || typeof given === "number" ? JSON.stringify(given) : typeof given
    }`,
  );
}

/** @throws {TypeError} if `given` are not predicates by name, in an order that can be relied on */
export function checkBranches(given: unknown): void {
  const names = Object.keys(given ?? {});
  if (names.length === 0) {
    throw new TypeError(
      "Cannot describe split(): it takes predicates by the name of their branch, and there is no predicate",
    );
  }
  for (const name of names) {
    if (name === "") throw new TypeError("Cannot describe split(): a branch needs a name, it was given an empty one");
    if (/^\d+$/.test(name)) {
      throw new TypeError(
        `Cannot describe split(): branches named by numbers such as "${name}" come in order of size, not as written; use words`,
      );
    }
    const takes = (given as Record<string, unknown>)[name];
    if (typeof takes !== "function") {
      throw new TypeError(
        `Cannot describe split(): the predicate of "${name}" is not a function, it is ${typeof takes}`,
      );
    }
    checkNow("split", `the predicate of "${name}"`, takes);
  }
}

/** Operations whose functions cannot reach a side output. */
const WITHOUT_SIDE_OUTPUTS = new Set([
  ...["map", "flatMap", "filter", "reduce", "sum", "min", "max", "minBy", "maxBy", "co-map", "co-flatMap"],
  ...["timestamps/watermarks", "async wait, ordered", "async wait, unordered"],
]);

/** @throws {TypeError} if `given` is not a tag */
export function checkTag(method: string, given: unknown): asserts given is OutputTag<unknown> {
  if (given instanceof OutputTag) return;
  throw new TypeError(`Cannot describe ${method}(): it takes an OutputTag, such as new OutputTag<Flight>("late")`);
}

/** @throws {TypeError} if `given` is not a tag, or `node` is an operator without side outputs */
export function checkSideOutput(node: StreamNode, given: unknown): void {
  checkTag("getSideOutput", given);
  if (node.kind === "operator" && !WITHOUT_SIDE_OUTPUTS.has(node.operation)) return;
  const what = node.kind === "operator" ? node.operation : node.kind;
  throw new TypeError(
    `Cannot describe getSideOutput("${given.id}"): "${node.name}" (${what}) has no side outputs; ` +
      "call it right behind the process() or window function that emits to them",
  );
}

function checkNow(method: string, who: string, given: unknown): void {
  const kind = (given as { constructor: { name: string } }).constructor.name;
  if (kind === "AsyncFunction" || kind === "AsyncGeneratorFunction") {
    throw new TypeError(
      `Cannot describe ${method}(): ${who} is async, and a record is not waited for there; use AsyncDataStream`,
    );
  }
  if (kind === "GeneratorFunction") {
    throw new TypeError(`Cannot describe ${method}(): ${who} is a generator, which nobody would run; use flatMap()`);
  }
}
