import { type Step, stepsOf } from "../../engine/internal.ts";
import type { KafkaFaultPoint } from "../fault_points.ts";
import type { Buffer } from "node:buffer";
import { type FaultPoint, SYSTEM_CLOCK } from "../../engine/mod.ts";
import { BrokerError, BrokerUnavailableError, FencedError } from "../broker_errors.ts";
import type { Candidate, Instance } from "./assignment.ts";
import { decodeAssignment, decodeMetadata, electActive, encodeAssignment, encodeMetadata } from "./assignment.ts";
import type { Client } from "./client.ts";
import { Code } from "./error_codes.ts";
import { PassingError } from "./errors.ts";
import { patiently, settledWithin } from "./patience.ts";
import type { JoinGroupAnswer } from "./protocol.ts";
import { GROUP } from "./protocol.ts";

/** Which instance wants to run which job, and what it is notified of. */
export interface MembershipOptions {
  readonly job: string;
  readonly topics: readonly string[];
  readonly sessionTimeoutMs: number;
  /** The membership itself fills in `activeSince`. */
  readonly instance: Omit<Instance, "activeSince">;
  /** Called when this instance has become the active one, once. */
  readonly onActive: () => void;
  /** Called with a description of the active instance if that is another one, and again when yet another one becomes active. */
  readonly onStandby: (holder: string) => void;
  readonly faultPoint?: FaultPoint | undefined;
}

/** Name of our assignment strategy, which all members of a group must share. */
const PROTOCOL = "one-active";
/** How long an instance that only waits keeps retrying a broker that does not answer, ms. */
const STANDBY_PATIENCE_MS = 10_000;

/**
 * The membership in the consumer group of a job's name. The group's leader, one of the members, makes exactly one of them
 * the active one; the broker notices when that one dies or leaves, and the members choose again.
 *
 * A rebalance does not interrupt the active instance as long as it stays the active one.
 */
export class Membership {
  readonly #client: Client;
  readonly #shared: Client;
  readonly #options: MembershipOptions;
  readonly #heartbeatMs: number;
  readonly #lost = new AbortController();
  readonly #leaving = new AbortController();
  readonly #hasMemberId = Promise.withResolvers<void>();
  readonly #running: Promise<void>;
  #memberId = "";
  /** Undefined until this instance has joined the group. */
  #generation: number | undefined;
  #activeSince = 0;
  #holder: string | undefined;
  #answeredAtMs = performance.now();

  /**
   * @param client for the membership alone: joining can block its connection for as long as a rebalance takes
   * @param shared for short requests
   */
  constructor(client: Client, shared: Client, options: MembershipOptions) {
    this.#client = client;
    this.#shared = shared;
    this.#options = options;
    // Often enough that a standby soon notices that the active instance has gone.
    this.#heartbeatMs = Math.min(Math.max(options.sessionTimeoutMs / 10, 50), 500);
    this.#running = this.#run();
  }

  /** Aborted when the membership has ended without `leave()`, with the reason. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Leaves the group, so that the next instance becomes active at once. */
  async leave(): Promise<void> {
    this.#leaving.abort();
    // The broker answers the first request to join at once, with the name that is needed to leave.
    if (this.#memberId === "") await settledWithin(1_000, Promise.race([this.#hasMemberId.promise, this.#running]));
    if (this.#memberId !== "") {
      const { job } = this.#options;
      try {
        await patiently({ doing: `leave the group "${job}"`, withinMs: 500 }, async () => {
          const args = { groupId: job, memberId: this.#memberId };
          const { errorCode } = await this.#shared.askCoordinator({ type: GROUP, key: job }, "LeaveGroup", args, {
            timeoutMs: 2_000,
          });
          if (errorCode !== Code.NONE) {
            throw this.#shared.coordinatorError({ type: GROUP, key: job }, errorCode, "leave");
          }
        });
      } catch (error) {
        this.#log(`could not leave the group, it will notice: ${(error as Error).message}`);
      }
    }
    await this.#client.close();
    await this.#running;
  }

  /** Whether the group still counts this instance as the active one, asked for now. False if that is not known. */
  async isActive(): Promise<boolean> {
    const generation = this.#generation;
    if (this.#lost.signal.aborted || this.#activeSince === 0 || generation === undefined) return false;
    try {
      await this.#heartbeat(generation);
      return this.#generation === generation;
    } catch {
      return false;
    }
  }

  async #run(): Promise<void> {
    while (!this.#leaving.signal.aborted) {
      let startedAtMs = performance.now();
      try {
        if (this.#generation === undefined) {
          await this.#join();
        } else {
          await SYSTEM_CLOCK.sleep(this.#heartbeatMs, this.#leaving.signal);
          if (this.#leaving.signal.aborted) return;
          startedAtMs = performance.now();
          await this.#heartbeat(this.#generation);
        }
        this.#answeredAtMs = performance.now();
      } catch (error) {
        if (this.#leaving.signal.aborted) return;
        const failure = this.#failure(error, startedAtMs);
        if (failure !== undefined) return this.#lost.abort(failure);
        this.#log((error as Error).message);
        await SYSTEM_CLOCK.sleep(Math.min(this.#heartbeatMs, 100), this.#leaving.signal);
      }
    }
  }

  /** Why the membership ends with this error; undefined if it goes on. */
  #failure(error: unknown, startedAtMs: number): unknown {
    if (!(error instanceof PassingError)) return error;
    const { sessionTimeoutMs, job } = this.#options;
    const patienceMs = this.#activeSince > 0 ? sessionTimeoutMs : Math.max(sessionTimeoutMs, STANDBY_PATIENCE_MS);
    // An attempt that began in time does not count: after a long stop of this process the answer may lie there already.
    if (startedAtMs - this.#answeredAtMs < patienceMs) return undefined;
    return new BrokerUnavailableError(
      `Cannot keep the right to run "${job}": Kafka has not answered for ${patienceMs} ms, ${error.message}`,
      { cause: error },
    );
  }

  async #heartbeat(generation: number): Promise<void> {
    const { job, sessionTimeoutMs } = this.#options;
    const args = { groupId: job, groupGenerationId: generation, memberId: this.#memberId, groupInstanceId: null };
    const { errorCode } = await this.#client.askCoordinator({ type: GROUP, key: job }, "Heartbeat", args, {
      timeoutMs: Math.max(sessionTimeoutMs / 3, 500),
    });
    if (errorCode !== Code.NONE) this.#rejoin(errorCode);
  }

  async #join(): Promise<void> {
    const { job, topics, sessionTimeoutMs, faultPoint } = this.#options;
    const step: Step<KafkaFaultPoint> = stepsOf(faultPoint);
    step("start: before joining the group");
    const metadata = encodeMetadata(topics, { ...this.#options.instance, activeSince: this.#activeSince });
    const joined = await this.#client.askCoordinator({ type: GROUP, key: job }, "JoinGroup", {
      groupId: job,
      sessionTimeout: sessionTimeoutMs,
      rebalanceTimeout: sessionTimeoutMs,
      memberId: this.#memberId,
      protocolType: "consumer",
      groupProtocols: [{ name: PROTOCOL, metadata }],
    }, { timeoutMs: sessionTimeoutMs + 5_000 });
    if (joined.memberId !== "") this.#memberId = joined.memberId;
    this.#hasMemberId.resolve();
    if (joined.errorCode === Code.MEMBER_ID_REQUIRED) return;
    if (joined.errorCode !== Code.NONE) return this.#rejoin(joined.errorCode);

    const { generationId } = joined;
    const synced = await this.#client.askCoordinator({ type: GROUP, key: job }, "SyncGroup", {
      groupId: job,
      generationId,
      memberId: this.#memberId,
      groupAssignment: joined.leaderId === this.#memberId ? await this.#assign(joined) : [],
    }, { timeoutMs: sessionTimeoutMs + 5_000 });
    if (synced.errorCode !== Code.NONE) return this.#rejoin(synced.errorCode);
    step("start: the group has an answer");
    this.#generation = generationId;
    this.#applyAssignment(decodeAssignment(synced.memberAssignment), generationId);
  }

  /** The leader's assignment for each member. */
  async #assign({ members }: JoinGroupAnswer): Promise<{ memberId: string; memberAssignment: Buffer }[]> {
    const candidates: Candidate[] = [];
    for (const { memberId, memberMetadata } of members) {
      const { instance } = decodeMetadata(memberMetadata);
      if (instance !== undefined) candidates.push({ memberId, instance });
    }
    const active = electActive(candidates)!; // we are one of them
    const partitions = await this.#partitions();
    return members.map(({ memberId }) => ({
      memberId,
      memberAssignment: encodeAssignment(active.instance, memberId === active.memberId ? partitions : {}),
    }));
  }

  /** The partitions of the job's topics, which only tools show. */
  async #partitions(): Promise<Record<string, number[]>> {
    try {
      const leaders = await this.#shared.leaders(this.#options.topics);
      return Object.fromEntries([...leaders].map(([topic, nodes]) => [topic, [...nodes.keys()]]));
    } catch (error) {
      this.#log(`assigns no partitions: ${(error as Error).message}`);
      return {};
    }
  }

  /** Becomes active or stands by, as the leader has assigned. */
  #applyAssignment(active: Instance | undefined, generation: number): void {
    const { job, instance, onActive, onStandby } = this.#options;
    if (active?.id === instance.id) {
      if (this.#activeSince > 0) return;
      this.#activeSince = generation;
      return onActive();
    }
    const holder = active?.words ?? "another process";
    if (this.#activeSince > 0) throw new FencedError(`Cannot go on with "${job}": ${holder} has taken over`);
    if (holder === this.#holder) return;
    this.#holder = holder;
    onStandby(holder);
  }

  /** After a code that is not 0: joins again, or throws if that would not help. */
  #rejoin(code: number): void {
    const { job, sessionTimeoutMs } = this.#options;
    switch (code) {
      case Code.REBALANCE_IN_PROGRESS:
      case Code.ILLEGAL_GENERATION:
        this.#generation = undefined;
        return;
      case Code.UNKNOWN_MEMBER_ID:
        // The session has timed out. An active instance must not come back: another one may have taken over.
        if (this.#activeSince > 0) {
          throw new FencedError(
            `Cannot go on with "${job}": there was no sign of life for ${sessionTimeoutMs} ms, so another may have taken over`,
          );
        }
        this.#memberId = "";
        this.#generation = undefined;
        return;
      case Code.INVALID_SESSION_TIMEOUT:
        throw new BrokerError(
          `Cannot run "${job}" with a session timeout of ${sessionTimeoutMs} ms: it lies outside of the broker's ` +
            `group.min.session.timeout.ms and group.max.session.timeout.ms; choose another --session-timeout`,
        );
      case Code.INCONSISTENT_GROUP_PROTOCOL:
        throw new BrokerError(
          `Cannot run "${job}": other consumers use the group "${job}"; stop them or rename the job`,
        );
    }
    throw this.#client.coordinatorError({ type: GROUP, key: job }, code, `join the group "${job}"`);
  }

  #log(message: string): void {
    this.#client.log("debug", `group "${this.#options.job}": ${message}`);
  }
}
