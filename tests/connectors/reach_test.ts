/** The first contact with a cluster: who answers is enough, what passes is tried again, and the words name what each said. */
import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { BrokerError, BrokerUnavailableError } from "../../src/connectors/broker_errors.ts";
import type { Address } from "../../src/connectors/kafka/address.ts";
import type { PassingError } from "../../src/connectors/kafka/errors.ts";
import type { Reachable } from "../../src/connectors/kafka/reach.ts";
import { testWithKafka } from "./kafka_client.ts";

const mayLoad = Deno.permissions.querySync({ name: "env" }).state === "granted";

/** kafkajs reads the environment when it is loaded. */
function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ name: mayLoad ? name : `${name} (skipped: it needs --allow-env)`, ignore: !mayLoad, fn });
}

type Failure = "refuses" | "hangs up" | "resets" | "is silent" | "has a bad certificate";
/** What a server or node does each time that it is asked, the last for ever; "answers" is well. */
type Script = readonly (Failure | "answers")[];

/** A cluster of servers at `host:port`, whose nodes are counted from 0; and who was asked how often. */
async function scripted(servers: Readonly<Record<string, Script>>, nodes: readonly Script[] = [["answers"]]) {
  const { PassingError } = await import("../../src/connectors/kafka/errors.ts");
  const asked: Record<string, number> = {};
  const ask = (where: string, script: Script): Promise<void> => {
    const turn = asked[where] = (asked[where] ?? 0) + 1;
    const passing = (words: string, options: ConstructorParameters<typeof PassingError>[1]) =>
      Promise.reject(new PassingError(`${where}: ${words}`, options));
    switch (script[Math.min(turn, script.length) - 1]!) {
      case "answers":
        return Promise.resolve();
      case "refuses":
        return passing("connection refused", { refused: true });
      case "hangs up":
        return passing("it closed the connection", { hungUp: true, advice: "; if it wants a login, set A_LOGIN" });
      case "resets":
        return passing("connection reset", { hungUp: true, advice: "; if it wants a login, set A_LOGIN" });
      case "is silent":
        return new Promise(() => {});
      case "has a bad certificate":
        return Promise.reject(new BrokerError(`Cannot reach Kafka at ${where}: its certificate has expired`));
    }
  };
  const client = {
    nodeIds: nodes.map((_, id) => id),
    learn: ({ host, port }: Address) => ask(`${host}:${port}`, servers[`${host}:${port}`]!),
    node: (id: number) => ask(`node${id}:9092`, nodes[id]!),
  } as unknown as Reachable;
  const bootstrap = Object.keys(servers).map((name) => ({
    host: name.split(":")[0]!,
    port: Number(name.split(":")[1]),
  }));
  const reach = async (withinMs = 60_000) => {
    const { reach } = await import("../../src/connectors/kafka/reach.ts");
    await reach(client, { bootstrap, withinMs });
  };
  const failure = async (withinMs?: number) => (await assertRejects(() => reach(withinMs)) as Error).message;
  return { reach, failure, asked };
}

test("reach() is content with the first server that answers, wherever it stands in the list", async () => {
  const { reach } = await scripted({
    "a:1": ["refuses"],
    "b:2": ["is silent"],
    "c:3": ["hangs up"],
    "d:4": ["has a bad certificate"],
    "e:5": ["answers"],
  });
  await reach();
});

test("reach() is content with one node of the cluster, whichever are down", async () => {
  const { reach, asked } = await scripted({ "a:1": ["answers"] }, [["refuses"], ["is silent"], ["answers"]]);
  await reach();
  assertEquals(asked, { "a:1": 1, "node0:9092": 1, "node1:9092": 1, "node2:9092": 1 });
});

test("reach() asks again after connections that were reset, of servers and of nodes", async () => {
  const { reach } = await scripted({ "a:1": ["resets", "hangs up", "answers"] }, [["resets", "answers"]]);
  await reach();
});

test("reach() takes it for a login that is missing only when a server hangs up again and again", async () => {
  const { failure, asked } = await scripted({ "a:1": ["hangs up"] });
  assertEquals(
    await failure(),
    "Cannot reach Kafka at a:1: it closed the connection; if it wants a login, set A_LOGIN",
  );
  assertEquals(asked, { "a:1": 4 });
});

test("reach() ends at once when every server refuses, and names what each said", async () => {
  const { failure, asked } = await scripted({ "a:1": ["refuses"], "b:2": ["has a bad certificate"] });
  assertEquals(
    await failure(),
    "Cannot reach Kafka at a:1, b:2: a:1: connection refused; b:2: its certificate has expired; " +
      "start it or unset BOOTSTRAP_SERVERS",
  );
  assertEquals(asked, { "a:1": 1, "b:2": 1 });
});

test("reach() goes on while one server may yet answer, then says what each said last", async () => {
  const { failure } = await scripted({ "a:1": ["refuses"], "b:2": ["is silent"] });
  assertEquals(
    await failure(300),
    "Cannot reach Kafka at a:1, b:2: a:1: connection refused; b:2: no answer within 300 ms; " +
      "start it or unset BOOTSTRAP_SERVERS",
  );
});

test("reach() gives the only server's own error, if it does not want us", async () => {
  const { failure } = await scripted({ "a:1": ["has a bad certificate"] });
  assertEquals(await failure(), "Cannot reach Kafka at a:1: its certificate has expired");
});

test("reach() says where the cluster sends us on to, if nobody is there", async () => {
  const { failure } = await scripted({ "a:1": ["answers"] }, [["refuses"], ["refuses"]]);
  assertEquals(
    await failure(),
    "Cannot reach Kafka at a:1: it sends us on to node0:9092: connection refused; node1:9092: connection refused; " +
      "check its advertised.listeners",
  );
});

test("firstToAnswer() does not wait for who is silent, and begins with the next at once after a failure", async () => {
  const { AllFailed, firstToAnswer } = await import("../../src/connectors/kafka/first_to_answer.ts");
  const silent = () => new Promise<string>(() => {});
  const fails = () => Promise.reject(new Error("no"));
  assertEquals(await firstToAnswer([silent, silent, () => Promise.resolve("third")], 1), "third");
  assertEquals(await firstToAnswer([fails, () => Promise.resolve("second")], 1_000_000), "second");
  let begun = 0;
  await firstToAnswer([() => Promise.resolve(0), () => Promise.resolve(begun++)], 1_000_000);
  assertEquals(begun, 0);
  const error = await assertRejects(() => firstToAnswer([fails, fails], 1));
  assertInstanceOf(error, AllFailed);
});

test("oneError() passes if one of many does, and is final only if all are", async () => {
  const { PassingError } = await import("../../src/connectors/kafka/errors.ts");
  const { oneError } = await import("../../src/connectors/kafka/first_to_answer.ts");
  const passing = new PassingError("a:1: connection refused");
  const final = new BrokerError("Cannot reach Kafka at b:2: the login is refused");
  assertEquals(oneError([passing]), passing);
  assertEquals(oneError([final]), final);
  const mixed = oneError([final, passing]) as PassingError;
  assertInstanceOf(mixed, PassingError);
  assertEquals(mixed.message, "b:2: the login is refused; a:1: connection refused");
  const both = oneError([final, new BrokerError("Cannot reach Kafka at c:3: the login is refused")]);
  assertEquals((both as Error).message, "Cannot reach Kafka: b:2: the login is refused; c:3: the login is refused");
});

/** Listeners that are no broker: one that has gone, one that hangs up, one that never says a word. */
class NoBrokers implements Disposable {
  readonly addresses: string[];
  readonly #listeners: Deno.TcpListener[];
  readonly #connections: Deno.TcpConn[] = [];

  constructor() {
    const [gone, hangsUp, silent] = this.#listeners = [1, 2, 3].map(() =>
      Deno.listen({ hostname: "localhost", port: 0 })
    );
    this.addresses = this.#listeners.map(({ addr }) => `localhost:${addr.port}`);
    gone!.close();
    this.#serve(hangsUp!, (connection) => connection.close());
    this.#serve(silent!, (connection) => void this.#connections.push(connection));
  }

  [Symbol.dispose](): void {
    for (const listener of this.#listeners.slice(1)) listener.close();
    for (const connection of this.#connections) connection.close();
  }

  async #serve(listener: Deno.TcpListener, take: (connection: Deno.TcpConn) => void): Promise<void> {
    for await (const connection of listener) take(connection);
  }
}

testWithKafka("opens by the one server that is well, and says of others what each did", async (servers) => {
  const { openKafkaBroker } = await import("../../src/connectors/kafka/mod.ts");
  using doubles = new NoBrokers();
  const broker = await openKafkaBroker({ brokers: [...doubles.addresses, servers], log: () => {} });
  try {
    assert((await broker.listTopics()).length >= 0);
  } finally {
    await broker.close();
  }
  const [gone, hangsUp, silent] = doubles.addresses;
  const error = await assertRejects(
    () => openKafkaBroker({ brokers: doubles.addresses, log: () => {}, connectTimeoutMs: 1_000 }),
    BrokerUnavailableError,
  );
  assertEquals(
    (error as Error).message,
    `Cannot reach Kafka at ${gone}, ${hangsUp}, ${silent}: ${gone}: connection refused; ${hangsUp}: it closed the connection; ` +
      `${silent}: no answer within 3000 ms; start it or unset BOOTSTRAP_SERVERS`,
  );
});

test("reach() gives no advice on what one server's hang-up may mean while others say something else", async () => {
  const { failure } = await scripted({ "a:1": ["hangs up"], "b:2": ["is silent"] });
  assertEquals(
    await failure(300),
    "Cannot reach Kafka at a:1, b:2: a:1: it closed the connection; b:2: no answer within 300 ms; " +
      "start it or unset BOOTSTRAP_SERVERS",
  );
});
