/**
 * `dead-letters`, which names each thing that it asks of the broker, before and after, and stands still at one of them: for
 * `replay_kill_test.ts`. Arguments: the step at which it stands still ("-": none), then those of the tool.
 */
import { deadLettersCommand } from "../../src/cli/dead_letters.ts";
import type { Broker } from "../../src/connectors/broker.ts";
import { openBroker } from "../../src/connectors/mod.ts";
import { brokerSettings, createLogger, runMain } from "../../src/utils.ts";

/** A process that nobody kills must not stand still for ever. */
const HELD_AT_MOST_MS = 60_000;

const [holdAt, ...args] = Deno.args;
const passed = new Map<string, number>();

await runMain(async (signal) => {
  const logger = createLogger();
  await using broker = await openBroker({ settings: brokerSettings(), logger });
  const write = () => Promise.resolve();
  await deadLettersCommand(args)(watched(broker.port), { write, logger, now: Date.now, signal });
});

/** The same broker; what is done with it are the steps. */
function watched(port: Broker): Broker {
  port.listTopics = stepwise("listTopics", port.listTopics.bind(port));
  port.describeTopics = stepwise("describeTopics", port.describeTopics.bind(port));
  port.readCommit = stepwise("readCommit", port.readCommit.bind(port));
  port.jobsReading = stepwise("jobsReading", port.jobsReading.bind(port));
  const openFetcher = stepwise("fetcher", port.fetcher.bind(port));
  port.fetcher = async () => {
    const fetcher = await openFetcher();
    fetcher.fetch = stepwise("fetch", fetcher.fetch.bind(fetcher));
    return fetcher;
  };
  const openProducer = stepwise("producer", port.producer.bind(port));
  port.producer = async (options) => {
    const producer = await openProducer(options);
    producer.send = stepwise("send", producer.send.bind(producer));
    producer.close = stepwise("close", producer.close.bind(producer));
    return producer;
  };
  return port;
}

/** The method, with a step before and one behind it. */
function stepwise<A extends unknown[], R>(
  name: string,
  method: (...args: A) => Promise<R>,
): (...args: A) => Promise<R> {
  return async (...args) => {
    const times = (passed.get(name) ?? 0) + 1;
    passed.set(name, times);
    step(`${name} ${times}: before`);
    const result = await method(...args);
    step(`${name} ${times}: done`);
    return result;
  };
}

function step(name: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${name}\n`));
  if (name === holdAt) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, HELD_AT_MOST_MS);
}
