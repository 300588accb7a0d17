/**
 * Lesson 4: the life of a job.
 *
 *     1 2 3 4 5 ── double ── print
 *
 * A job is first described and then run. Describing only draws a plan: where records come from, what is done with each,
 * where they go. `execute()` runs the plan, record by record, until the source has no more. A list has an end, so this job
 * ends by itself; the topics of the later lessons have none, and their jobs run until you stop them.
 *
 * New here: the environment, in which a job is described and run; a source (`fromCollection()`), an operator (`map()`), a
 * sink (`print()`).
 * Run `deno task s04`: it shows the plan, then the doubled numbers.
 */
import { type DataStream, StreamExecutionEnvironment } from "./engine/mod.ts";
import { runMain, writeErrorLine } from "./utils.ts";

/** Each number doubled. */
export function defineWorkflow(numbers: DataStream<number>): DataStream<number> {
  return numbers.map((number) => number * 2).name("double");
}

async function main(): Promise<void> {
  const env = new StreamExecutionEnvironment();
  const numbers = env.fromCollection([1, 2, 3, 4, 5]).name("numbers");
  defineWorkflow(numbers).print().name("print");

  writeErrorLine(`The plan, and nothing has run yet:\n\n${env.explain()}\n\nNow it runs:\n`);
  const { books } = await env.execute();
  writeErrorLine(`\nThe source has no more, so the job is over: ${books.recordsIn} in, ${books.recordsOut} out.`);
}

if (import.meta.main) await runMain(main);
