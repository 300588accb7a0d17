import type { DataStream } from "@stream-apps/deno";
import { type Collector, ProcessWindowFunction, type WindowContext } from "@stream-apps/deno/functions";
import { ValueStateDescriptor } from "@stream-apps/deno/state";
import { TumblingEventTimeWindows } from "@stream-apps/deno/windows";
import { type FlightData, mergeStatistics, statisticsFromFlight, type UserStatistics } from "../../../src/models.ts";

/** For each traveller and window: all flights and minutes so far, once the window has closed. */
export function defineWorkflow(flights: DataStream<FlightData>, windowMs: number): DataStream<UserStatistics> {
  return flights.map(statisticsFromFlight)
    .keyBy((statistics) => statistics.email_address)
    .window(TumblingEventTimeWindows.of(windowMs))
    .reduce(mergeStatistics, new Totals()).name("user_statistics");
}

class Totals extends ProcessWindowFunction<UserStatistics, UserStatistics, string> {
  readonly #total = new ValueStateDescriptor<UserStatistics>("total");

  override process(
    _email: string,
    context: WindowContext,
    elements: Iterable<UserStatistics>,
    out: Collector<UserStatistics>,
  ): void {
    const state = context.globalState().getState(this.#total);
    for (const statistics of elements) {
      const before = state.value();
      const total = before === undefined ? statistics : mergeStatistics(before, statistics);
      state.update(total);
      out.collect(total);
    }
  }
}
