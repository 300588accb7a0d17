/** Which member of a group is the active instance, and how members and the group's leader exchange that. */
import { Buffer } from "node:buffer";
import { memberAssignment, memberMetadata } from "./kafkajs.ts";

/** One process that wants to run a job, as it presents itself to the group. */
export interface Instance {
  /** New for each request to run the job, so that a process that comes back is a new instance. */
  readonly id: string;
  /** For messages: "process 4711 (instance ab12)". */
  readonly words: string;
  /** When it began to wait, ms since the Unix epoch by its own clock. */
  readonly sinceMs: number;
  /** The group's generation that made it the active one, 0 if it never was. Generations only go up. */
  readonly activeSince: number;
}

/** A member of the group and the instance that it describes in its metadata. */
export interface Candidate {
  readonly memberId: string;
  readonly instance: Instance;
}

/**
 * The member to be active: the one that is active already, else the one that has waited longest. If two claim to be
 * active, the one that became so later has fenced the other. Every leader must choose the same member, whatever the order of `candidates`.
 */
export function electActive(candidates: readonly Candidate[]): Candidate | undefined {
  return candidates.toSorted((a, b) =>
    b.instance.activeSince - a.instance.activeSince || a.instance.sinceMs - b.instance.sinceMs ||
    (a.memberId < b.memberId ? -1 : 1)
  )[0];
}

/** A member's metadata when it joins, in the form of Kafka's consumers, so that tools can show it. */
export function encodeMetadata(topics: readonly string[], instance: Instance): Buffer {
  return memberMetadata.encode({ version: 0, topics, userData: Buffer.from(JSON.stringify(instance)) });
}

/** The instance and its topics; no instance if the member is not one of us. */
export function decodeMetadata(
  bytes: Buffer,
): { readonly topics: readonly string[]; readonly instance: Instance | undefined } {
  try {
    const { topics, userData } = memberMetadata.decode(bytes);
    return { topics, instance: parseInstance(userData) };
  } catch {
    return { topics: [], instance: undefined };
  }
}

/** The leader's assignment for a member: which instance is active. The active one also gets the partitions, for tools to see. */
export function encodeAssignment(active: Instance, partitions: Readonly<Record<string, readonly number[]>>): Buffer {
  return memberAssignment.encode({ version: 0, assignment: partitions, userData: Buffer.from(JSON.stringify(active)) });
}

/** The active instance; undefined if the assignment is empty. */
export function decodeAssignment(bytes: Buffer): Instance | undefined {
  try {
    return parseInstance(memberAssignment.decode(bytes)?.userData ?? null);
  } catch {
    return undefined;
  }
}

function parseInstance(userData: Buffer | null): Instance | undefined {
  if (userData === null || userData.length === 0) return undefined;
  const parsed: Partial<Instance> = JSON.parse(userData.toString());
  const { id, words, sinceMs, activeSince } = parsed;
  if (typeof id !== "string" || typeof words !== "string") return undefined;
  if (typeof sinceMs !== "number" || typeof activeSince !== "number") return undefined;
  return { id, words, sinceMs, activeSince };
}
