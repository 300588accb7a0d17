/** Runs that are over before anybody has looked at them, measured with a shell as the program and a topic that is made up. */
import { assertEquals, assertRejects } from "@std/assert";
import { measureRun, type RunOptions } from "../../bench/measured_run.ts";
import type { Program } from "../../bench/running_program.ts";
import { ProgramFailure } from "../../bench/running_program.ts";
import type { Broker, PartitionEnd } from "../../src/connectors/broker.ts";
import { until } from "../connectors/contract/waiting.ts";

const ignore = (await Deno.permissions.query({ name: "run", command: "sh" })).state !== "granted";

function shell(script: string, endsByItself = true): Program {
  return { command: "sh", args: ["-c", script], env: {}, endsByItself };
}

/** A topic with one partition, whose records become readable when its ends have been asked for so often. */
class Topic {
  readonly #written: number;
  #asksLeft: number;

  constructor(written: number, asks: number) {
    this.#written = written;
    this.#asksLeft = asks;
  }

  options(): RunOptions {
    const committed = () => this.#asksLeft > 0 ? 0 : this.#written;
    const port: Partial<Broker> = {
      describeTopics: () =>
        Promise.resolve([{ name: "flights", partitions: 1, startOffsets: [0], endOffsets: [committed()] }] as never),
      partitionEnds: (): Promise<PartitionEnd[]> => {
        this.#asksLeft--;
        return Promise.resolve([{ committed: committed(), written: this.#written } as PartitionEnd]);
      },
    };
    const signal = new AbortController().signal;
    return { port: port as Broker, output: "flights", tree: undefined, signal };
  }
}

Deno.test({
  name: "measureRun() waits until the transaction of a program that has ended can be read",
  ignore,
  async fn() {
    const { startToExitS, startToLastOutputS, startToFirstOutputS } = await measureRun(
      shell("exit 0"),
      new Topic(750_000, 5).options(),
    );
    assertEquals([startToFirstOutputS, startToLastOutputS], [startToExitS, startToExitS]);
  },
});

Deno.test({
  name: "measureRun() reports a program that wrote nothing, and one that failed, with its last lines",
  ignore,
  async fn() {
    await assertRejects(
      () => measureRun(shell("echo no topics"), new Topic(0, 0).options()),
      ProgramFailure,
      "wrote nothing:\nno topics",
    );
    await assertRejects(
      () => measureRun(shell("echo out of memory; exit 3"), new Topic(10, 0).options()),
      ProgramFailure,
      "ended with 3:\nout of memory",
    );
  },
});

Deno.test({
  name: "measureRun() stops a program that does not end by itself a second after its last record",
  ignore,
  async fn() {
    const options = { ...new Topic(10, 0).options(), records: 10 };
    const { startToExitS, startToLastOutputS } = await measureRun(shell("sleep 60", false), options);
    assertEquals(startToExitS - startToLastOutputS >= 1, true);
    assertEquals(startToExitS < 60, true);
  },
});

Deno.test({
  name: "measureRun() kills a program whose output cannot be looked at",
  ignore,
  async fn() {
    const file = await Deno.makeTempFile();
    const options = new Topic(10, 0).options();
    const describeTopics: Broker["describeTopics"] = async () => {
      if ((await Deno.readTextFile(file)).endsWith("\n")) throw new Error("no answer");
      return await options.port.describeTopics([]);
    };
    const port = { ...options.port, describeTopics } as Broker;
    const script = `echo $$ > ${file}; exec sleep 600`;
    await assertRejects(() => measureRun(shell(script), { ...options, port }), Error, "no answer");
    const pid = Number(await Deno.readTextFile(file));
    await until(() => Promise.resolve(!isAlive(pid)));
    await Deno.remove(file);
  },
});

function isAlive(pid: number): boolean {
  try {
    Deno.kill(pid, "SIGCONT");
    return true;
  } catch {
    return false;
  }
}
