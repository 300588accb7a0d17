/** The first connection to a cluster: retried as by a running job, and given up at once only where a retry cannot help. */
import { SYSTEM_CLOCK } from "../../engine/mod.ts";
import { BrokerError, BrokerUnavailableError } from "../broker_errors.ts";
import type { Address } from "./address.ts";
import { formatAddress } from "./address.ts";
import type { Client } from "./client.ts";
import { PassingError } from "./errors.ts";
import { AllFailed, firstToAnswer, wordsOf } from "./first_to_answer.ts";

/** How often a server may close the connection in a row before that counts as a refusal. */
const HANG_UPS = 4;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 500;

/** The part of a client that is needed here. */
export type Reachable = Pick<Client, "learn" | "node" | "nodeIds">;

/** The servers to ask, and for how long in all. */
export interface ReachOptions {
  readonly bootstrap: readonly Address[];
  readonly withinMs: number;
}

/**
 * Resolves when one of the servers has described its cluster, and one of the cluster's nodes answers at its advertised address.
 * All servers are tried until the time is over, except those that have refused.
 *
 * @throws {BrokerUnavailableError} with the error of each server
 * @throws {BrokerError} if the only server refuses us: a certificate, a login
 */
export async function reach(client: Reachable, options: ReachOptions): Promise<void> {
  const { bootstrap, withinMs } = options;
  const untilMs = performance.now() + withinMs;
  let pauseMs = FIRST_PAUSE_MS;
  for (let round = 1;; round++) {
    const leftMs = Math.max(untilMs - performance.now(), 1);
    let knowsCluster = false;
    try {
      const servers = bootstrap.map((one) => ({ name: formatAddress(one), ask: () => client.learn(one, leftMs) }));
      await oneOf(servers, { leftMs, withinMs });
      knowsCluster = true;
      const nodes = client.nodeIds.map((id) => ({ name: `node ${id}`, ask: () => client.node(id) }));
      return await oneOf(nodes, { leftMs, withinMs });
    } catch (error) {
      if (!(error instanceof AllFailed)) throw error;
      const { failures } = error;
      const isFinal = failures.every((failure) => isRefusal(failure) || (round >= HANG_UPS && isHangUp(failure)));
      if (isFinal || performance.now() + pauseMs >= untilMs) throw sentence(failures, { bootstrap, knowsCluster });
      await SYSTEM_CLOCK.sleep(pauseMs);
      pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
    }
  }
}

/** A server or node that is asked. */
interface Asked {
  readonly name: string;
  readonly ask: () => Promise<unknown>;
}

/** The first to succeed, as by {@link firstToAnswer}. Those without an answer when `withinMs` are over have failed. */
async function oneOf(
  asked: readonly Asked[],
  { leftMs, withinMs }: { readonly leftMs: number; readonly withinMs: number },
): Promise<void> {
  const failures = asked.map(({ name }): unknown => new PassingError(`${name}: no answer within ${withinMs} ms`));
  const watched = asked.map(({ ask }, index) => async () => {
    try {
      await ask();
    } catch (error) {
      failures[index] = error;
      throw error;
    }
  });
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new AllFailed(failures)), leftMs);
  });
  try {
    await Promise.race([firstToAnswer(watched), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Whether a retry within seconds cannot help. */
function isRefusal(failure: unknown): boolean {
  return !(failure instanceof PassingError) || failure.refused;
}

function isHangUp(failure: unknown): boolean {
  return failure instanceof PassingError && failure.hungUp;
}

/** @param found.knowsCluster whether a server has answered, and only the nodes that it names have not */
function sentence(
  failures: readonly unknown[],
  { bootstrap, knowsCluster }: { readonly bootstrap: readonly Address[]; readonly knowsCluster: boolean },
): Error {
  const names = bootstrap.map(formatAddress).join(", ");
  const [first] = failures;
  const denied = failures.find((failure) => failure instanceof Deno.errors.NotCapable);
  if (denied instanceof Error) {
    return new BrokerError(`Cannot reach Kafka at ${names}: this program lacks a permission. ${denied.message}`);
  }
  const words = wordsOf(failures);
  if (knowsCluster) {
    return new BrokerUnavailableError(
      `Cannot reach Kafka at ${names}: it sends us on to ${words.join("; ")}; check its advertised.listeners`,
      { cause: first },
    );
  }
  if (words.length === 1 && first instanceof Error && !(first instanceof PassingError)) return first;
  const said = words.length === 1 && words[0]!.startsWith(`${names}: `)
    ? words[0]!.slice(names.length + 2)
    : words.join("; ");
  // Advice for a closed connection does not fit where other servers are silent or refuse: then the cluster is in trouble.
  const advices = failures.map((failure) => failure instanceof PassingError ? failure.advice : "");
  const advice = advices.every((one) => one !== "") ? advices[0] : "; start it or unset BOOTSTRAP_SERVERS";
  return new BrokerUnavailableError(
    `Cannot reach Kafka at ${names}: ${said}${advice}`,
    { cause: first },
  );
}
