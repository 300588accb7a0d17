/** Which of a broker's error codes pass, and what becomes of those that should have passed. */
import { assertEquals, assertRejects } from "@std/assert";
import { BrokerUnavailableError, UnexpectedAnswerError } from "../../src/connectors/broker_errors.ts";

type Errors =
  & typeof import("../../src/connectors/kafka/errors.ts")
  & typeof import("../../src/connectors/kafka/patience.ts");

const allowed = Deno.permissions.querySync({ name: "env" }).state === "granted";

/** Registers a test; kafkajs reads the environment when it is loaded. */
function test(
  name: string,
  fn: (errors: Errors) => Promise<void> | void,
) {
  Deno.test({
    name: allowed ? name : `${name} (skipped: it needs --allow-env)`,
    ignore: !allowed,
    fn: async () => {
      const errors = await import("../../src/connectors/kafka/errors.ts");
      await fn({ ...errors, ...await import("../../src/connectors/kafka/patience.ts") });
    },
  });
}

test("codeError() takes only codes that name a mistake for final, no unknown code", ({ codeError }) => {
  const names = (codes: readonly number[]) => codes.map((code) => codeError(code, "write to Kafka").name);

  // UNKNOWN_SERVER_ERROR, LEADER_NOT_AVAILABLE, CONCURRENT_TRANSACTIONS, FETCH_SESSION_ID_NOT_FOUND, a code of tomorrow
  assertEquals(names([-1, 5, 51, 70, 12_345]), new Array(5).fill("PassingError"));
  // TOPIC_AUTHORIZATION_FAILED, INVALID_CONFIG, MESSAGE_TOO_LARGE, POLICY_VIOLATION
  assertEquals(names([29, 40, 10, 44]), new Array(4).fill("BrokerError"));
  assertEquals(names([47, 90]), new Array(2).fill("ProducerFencedError"));
});

test("patiently() throws at the end whether the broker is busy or answers something unexpected", async ({ patiently, PassingError }) => {
  const failing = (code?: number) =>
    patiently({ doing: "commit", withinMs: 0 }, () => {
      throw new PassingError("Kafka answered", code === undefined ? {} : { code });
    });

  for (const code of [undefined, 15, 51]) {
    const error = await assertRejects(() => failing(code), BrokerUnavailableError, "Cannot commit: Kafka answered");
    assertEquals(error instanceof UnexpectedAnswerError, false);
  }
  await assertRejects(() => failing(-1), UnexpectedAnswerError, "Cannot commit: Kafka answered");
});
