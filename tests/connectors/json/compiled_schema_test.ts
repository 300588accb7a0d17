import { assertEquals, assertNotStrictEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { z } from "zod";
import { compiledSchema } from "../../../src/connectors/json/compiled_schema.ts";
import type { Schema } from "../../../src/connectors/topic.ts";
import { FLIGHTDATA, SKYONE, SUNSET, USERSTATISTICS } from "../../../src/models.ts";
import { buildFlight, buildSkyone, buildStatistics, buildSunset } from "../../builders.ts";

const TOPICS: readonly [Schema<unknown>, example: Record<string, unknown>][] = [
  [SKYONE.schema, { ...buildSkyone() }],
  [SUNSET.schema, { ...buildSunset() }],
  [FLIGHTDATA.schema, { ...buildFlight() }],
  [USERSTATISTICS.schema, { ...buildStatistics() }],
];

function outcome(schema: Schema<unknown>, value: unknown): unknown {
  const { success, data, error } = schema.safeParse(value);
  return success ? { text: JSON.stringify(data) } : { issues: error.issues };
}

Deno.test("compiledSchema() compiles the schemas of the lessons' topics, each once", () => {
  for (const [schema, example] of TOPICS) {
    // This throws where zod could not compile it, which would make each record slower and nothing else.
    z.compile(schema, { strict: true });
    const compiled = compiledSchema(schema);
    assertNotStrictEquals(compiled, schema);
    assertStrictEquals(compiledSchema(schema), compiled);
    assertEquals(compiled.safeParse(example), { success: true, data: example });
  }
});

Deno.test("compiledSchema() takes what the schema takes, and refuses the rest in the same words", () => {
  const strange = fc.oneof(
    fc.constantFrom<unknown>(
      "",
      "2026-02-29T08:00",
      "2024-02-29T08:00:00.5Z",
      "2026-13-01T00:00",
      "skyone",
      "2026-03-01",
    ),
    fc.date({ noInvalidDate: true, min: new Date("0001-01-01"), max: new Date("9999-12-31") }).map((date) =>
      date.toISOString()
    ),
    fc.jsonValue(),
    fc.double(),
    fc.constant(undefined),
  );
  for (const [schema, example] of TOPICS) {
    const names = [...Object.keys(example), "extra", "toString"];
    fc.assert(fc.property(fc.dictionary(fc.constantFrom(...names), strange, { maxKeys: 3 }), (changes) => {
      const value = { ...example, ...changes };
      assertEquals(outcome(compiledSchema(schema), value), outcome(schema, value));
    }));
  }
});

Deno.test("compiledSchema() leaves a schema as it is that zod cannot compile", () => {
  const schema: Schema<unknown> = z.string().refine(async (text) => await Promise.resolve(text !== ""));
  const tree: Schema<unknown> = z.object({
    get children() {
      return z.array(tree);
    },
  });
  for (const each of [schema, tree]) assertStrictEquals(compiledSchema(each), each);
});
