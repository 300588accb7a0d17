import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { isPlainJson, lossInJson } from "../../src/engine/json_value.ts";

const plain = fc.oneof(
  fc.jsonValue(),
  fc.dictionary(fc.string(), fc.oneof(fc.jsonValue(), fc.constant(undefined)), { noNullPrototype: true }),
);
const lost = fc.constantFrom<unknown>(
  NaN,
  Infinity,
  -Infinity,
  10n,
  Symbol("s"),
  () => 1,
  new Map(),
  new Set(),
  new Date(NaN),
  /x/,
  new Error("x"),
  new Uint8Array(1),
);

Deno.test("lossInJson() finds nothing in a value that JSON gives back, and isPlainJson() says so at once", () => {
  fc.assert(fc.property(plain, (value) => {
    assertEquals([isPlainJson(value), lossInJson(value, "state"), lossInJson(value, "output")], [
      true,
      undefined,
      undefined,
    ]);
  }));
});

Deno.test("lossInJson() finds what is lost wherever it lies, and names its place", () => {
  fc.assert(fc.property(plain, lost, fc.array(fc.nat(3), { maxLength: 4 }), (beside, bad, path) => {
    const value = path.reduceRight<unknown>((inner, at) => at === 0 ? { beside, inner } : [beside, inner], bad);
    const place = path.map((at) => at === 0 ? ".inner" : "[1]").join("");
    for (const use of ["state", "output"] as const) {
      assertEquals(lossInJson(value, use)?.split(" in ")[1] ?? "", place);
      assertEquals(typeof lossInJson(value, use), "string");
    }
  }));
});

Deno.test("lossInJson() takes deep and shared values, and notices a cycle at any depth", () => {
  const deep = (depth: number, bottom: unknown) => Array.from({ length: depth }).reduce((inner) => ({ inner }), bottom);
  const shared = { a: 1 };
  const cycle: { self?: unknown } = {};
  cycle.self = deep(70, cycle);

  assertEquals(lossInJson(deep(500, [shared, shared]), "state"), undefined);
  assertEquals(lossInJson(deep(200, NaN), "state"), `NaN in ${".inner".repeat(200)}`);
  assertEquals(lossInJson(cycle, "output"), `a cycle in .self${".inner".repeat(70)}`);
});

Deno.test("lossInJson() goes by what an object says of itself as output, and refuses it as state", () => {
  const showing = (shown: unknown) => ({ at: { toJSON: () => shown } });
  assertEquals(lossInJson({ at: new Date(0) }, "output"), undefined);
  assertEquals(lossInJson({ at: new Date(0) }, "state"), "a Date in .at");
  assertEquals(lossInJson(showing([1, { a: "text" }]), "output"), undefined);
  assertEquals(lossInJson(showing([1, { a: NaN }]), "output"), "NaN in .at[1].a");
  assertEquals(lossInJson(showing(undefined), "output"), "undefined in .at");
});

Deno.test("lossInJson() takes an object of a class by its fields, and refuses one that has none", () => {
  class Point {
    constructor(readonly x: number) {}
  }
  class Hidden {
    readonly #x = 1;
    get x() {
      return this.#x;
    }
  }
  assertEquals([lossInJson(new Point(1), "state"), lossInJson(new Point(NaN), "state")], [undefined, "NaN in .x"]);
  assertEquals(lossInJson([new Hidden()], "state"), "a Hidden in [0]");
  assertEquals(lossInJson(Object.assign(Object.create(null), { a: 1 }), "state"), undefined);
});
