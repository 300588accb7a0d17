import { StreamExecutionEnvironment } from "@stream-apps/deno";
import { JobHarness, TestSink, TestSource, watermarksByHand } from "@stream-apps/deno/testing";
import type { FlightData, SkyoneData } from "../../../src/models.ts";
import { SKYONE_SAMPLE } from "../../../src/samples.ts";
import { type Check, compare, wrong } from "../../../src/cli/learn/checks.ts";
import type * as solution from "./1_sink.solution.ts";

const ALL = ["SKY1AAAAAA", "SKY1BBBBBB", "SKY1CCCCCC"];

export const checks: Check<typeof solution>[] = [
  {
    shows: "the plan ends in flightdata_sink",
    run({ defineWorkflow }) {
      const env = new StreamExecutionEnvironment();
      defineWorkflow(env.fromCollection(SKYONE_SAMPLE), new TestSink<FlightData>("flightdata"));
      const plan = env.explain();
      if (!plan.includes('into test sink "flightdata"')) {
        wrong("No sink of the job is flightdata: the flights do not leave it.", plan.split("\n"));
      }
      if (!/sink +flightdata_sink/.test(plan)) {
        wrong(
          "The sink has another name. name() belongs behind sinkTo(): what is named is what stands in front.",
          plan.split("\n"),
        );
      }
    },
  },
  {
    shows: "of each booking a flight is written",
    async run({ defineWorkflow }) {
      const { values } = await outcome(defineWorkflow, {});
      if (values.some((each) => !("source" in each))) {
        wrong("What was written are no flights: bookings have to be made into flights first.", [
          JSON.stringify(values[0]),
        ]);
      }
      compare(values.map(({ confirmation }) => confirmation), {
        expected: ALL,
        mistakes: [[ALL.flatMap((each) => [each, each]), "Every flight was written twice: the plan has two sinks."]],
        meaning: "Not of each booking one flight was written.",
      });
    },
  },
  {
    shows: "killed right before a commit and started again, the job has lost nothing and doubled nothing",
    async run({ defineWorkflow }) {
      const { committed } = await outcome(defineWorkflow, { crash: true });
      compare(committed.map(({ confirmation }) => confirmation), {
        expected: ALL,
        meaning: "Readers see other flights. Does the function keep something of its own, outside of the job?",
      });
    },
  },
];

async function outcome(describe: (typeof solution)["defineWorkflow"], { crash = false }: { crash?: boolean }) {
  const skyone = new TestSource<SkyoneData>("skyone");
  const flightdata = new TestSink<FlightData>("flightdata");
  await using harness = await new JobHarness((env) => {
    describe(env.fromSource(skyone, watermarksByHand(), "skyone_source"), flightdata);
  }).start();
  await skyone.push(SKYONE_SAMPLE[0]!);
  await harness.commit();
  await skyone.push(SKYONE_SAMPLE[1]!);
  if (crash) harness.crashAt({ beforeCommit: 1 });
  await harness.commit();
  if (crash) await harness.restart();
  await skyone.push(SKYONE_SAMPLE[2]!);
  await harness.commit();
  return { values: flightdata.values, committed: flightdata.committedValues };
}
