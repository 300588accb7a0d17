import { assertEquals } from "@std/assert";
import { type DataStream, StreamExecutionEnvironment } from "@stream-apps/deno";
import { type FlightData, flightFromSkyone, type SkyoneData } from "../../../src/models.ts";
import { SKYONE_SAMPLE } from "../../../src/samples.ts";

/** The workflow to be tested: flights of more than two hours. */
export type LongFlights = (bookings: DataStream<SkyoneData>) => DataStream<FlightData>;

/** Throws if the workflow is wrong. */
export async function test(defineWorkflow: LongFlights): Promise<void> {
  const env = new StreamExecutionEnvironment();
  // Your work: run the workflow on SKYONE_SAMPLE and compare what comes out.
  await Promise.resolve([env, defineWorkflow, SKYONE_SAMPLE, flightFromSkyone]);
  assertEquals("nothing", "nothing");
}
