import { assertEquals, assertRejects } from "@std/assert";
import type { BrokerJobRequest, BrokerLease } from "../../src/connectors/broker.ts";
import { BrokerError, JobActiveError, UnknownTopicError } from "../../src/connectors/broker_errors.ts";
import { recreateTopics, requireTopics } from "../../src/gen/mod.ts";
import { SUNSET } from "../../src/models.ts";
import type { Logger } from "../../src/utils.ts";
import { ObservedBroker } from "../memory_broker/observed_broker.ts";

function loggerTo(log: (message: string) => void): Logger {
  return { debug: log, info: log, warn: log, error: log };
}

Deno.test("requireTopics() says that --create helps, naming what is missing", async () => {
  const broker = new ObservedBroker();
  await broker.createTopics([{ name: SUNSET.name, partitions: 1 }]);
  await assertRejects(
    () => requireTopics(broker),
    UnknownTopicError,
    'Cannot send bookings to "skyone": no such topic; add --create to create it',
  );
});

Deno.test("recreateTopics() forgets the jobs that read the topics, then makes them anew", async () => {
  const broker = new ObservedBroker();
  await broker.createTopics([{ name: "skyone", partitions: 1 }, { name: "other", partitions: 1 }]);
  broker.changes.length = 0;
  broker.jobs = [{ job: "flight_importer", running: false }, { job: "user_statistics", running: false }];
  const logged: string[] = [];
  await recreateTopics(broker, { logger: loggerTo((message) => void logged.push(message)) });
  assertEquals(broker.changes, [
    "dropJob flight_importer",
    "dropJob user_statistics",
    "deleteTopic skyone",
    "createTopic skyone 5",
    "createTopic sunset 5",
    "createTopic flightdata 5",
    "createTopic userstatistics 5",
  ]);
  assertEquals(logged, [
    "Removed the commits, state and dead letters of flight_importer",
    "Removed the commits, state and dead letters of user_statistics",
    "Deleted skyone",
    "Created skyone, sunset, flightdata, userstatistics with 5 partitions each",
  ]);
});

Deno.test("recreateTopics() refuses while a job is running, names it and changes nothing", async () => {
  const broker = new ObservedBroker();
  broker.jobs = [{ job: "flight_importer", running: false }, { job: "user_statistics", running: true }];
  broker.openJob = () => Promise.reject(new JobActiveError("it is running"));
  await assertRejects(
    () => recreateTopics(broker, { logger: loggerTo(() => {}) }),
    BrokerError,
    "Cannot create the topics anew while they are read by user_statistics: stop it first",
  );
  assertEquals(broker.changes, []);
});

Deno.test("recreateTopics() waits for a job that seems to run but was killed, and goes on", async () => {
  const broker = new ObservedBroker();
  broker.jobs = [{ job: "user_statistics", running: true }];
  const asked: unknown[] = [];
  broker.openJob = (request?: BrokerJobRequest) => {
    asked.push(request?.job, request?.whenActive);
    return Promise.resolve({ close: () => Promise.resolve(void asked.push("released")) } as unknown as BrokerLease);
  };
  await recreateTopics(broker, { logger: loggerTo(() => {}) });
  assertEquals(asked, ["user_statistics", "refuse", "released"]);
  assertEquals(broker.changes[0], "dropJob user_statistics");
});
