/** Which jobs have state in Kafka, as seen from outside of them. */
import type { JobInfo, Position } from "../broker.ts";
import { deadLetterTopic } from "../broker.ts";
import { JobActiveError } from "../broker_errors.ts";
import { decodeAssignment, decodeMetadata } from "./assignment.ts";
import { changelogTopic } from "./changelog.ts";
import type { Client } from "./client.ts";
import { Code } from "./error_codes.ts";
import { checkCode } from "./errors.ts";
import { patiently } from "./patience.ts";
import type { GroupDescription } from "./protocol.ts";
import { GROUP } from "./protocol.ts";
import { deleteTopics, listTopics } from "./topics.ts";

/** The instances of a job: the active one and those standing by. */
export interface JobMembers {
  /** How many instances there are. */
  readonly count: number;
  /** Topics that they read. */
  readonly topics: ReadonlySet<string>;
  /** A description of the active one, if it is known. */
  readonly holder: string | undefined;
}

/** The members of the job's group. */
export async function membersOf(client: Client, job: string): Promise<JobMembers> {
  const doing = `describe the group "${job}"`;
  const group = await patiently({ doing }, async (): Promise<GroupDescription | undefined> => {
    const { groups } = await client.askCoordinator({ type: GROUP, key: job }, "DescribeGroups", { groupIds: [job] });
    const [group] = groups;
    if (group === undefined || group.errorCode === Code.GROUP_ID_NOT_FOUND) return undefined;
    if (group.errorCode !== Code.NONE) throw client.coordinatorError({ type: GROUP, key: job }, group.errorCode, doing);
    return group;
  });
  const members = group?.members ?? [];
  const described = members.map(({ memberMetadata }) => decodeMetadata(memberMetadata));
  const assigned = members.map(({ memberAssignment }) => decodeAssignment(memberAssignment));
  const active = assigned.find((instance) => instance !== undefined) ??
    described.find(({ instance }) => instance !== undefined && instance.activeSince > 0)?.instance;
  return {
    count: members.length,
    topics: new Set(described.flatMap(({ topics }) => topics)),
    holder: active?.words,
  };
}

/** Jobs that have read one of `topics` and have state here. */
export async function jobsReading(client: Client, topics: readonly string[]): Promise<JobInfo[]> {
  const wanted = new Set(topics);
  const suffix = changelogTopic("");
  const jobs: JobInfo[] = [];
  for (const name of await listTopics(client)) {
    if (!name.endsWith(suffix)) continue;
    const job = name.slice(0, -suffix.length);
    const members = await membersOf(client, job);
    const read = [...members.topics, ...await topicsReadBy(client, job)];
    if (read.some((topic) => wanted.has(topic))) jobs.push({ job, running: members.count > 0 });
  }
  return jobs.sort((a, b) => a.job < b.job ? -1 : 1);
}

/** Removes a job's group, changelog and dead letters. @throws {JobActiveError} while it runs */
export async function dropJob(client: Client, job: string): Promise<void> {
  const doing = `delete the group "${job}"`;
  // The group first: the coordinator refuses to delete it while an instance of the job is running.
  const running = await patiently({ doing }, async () => {
    const { results } = await client.askCoordinator({ type: GROUP, key: job }, "DeleteGroups", [job]);
    const code = results[0]?.errorCode ?? Code.NONE;
    if (code === Code.NON_EMPTY_GROUP) return true;
    if (code === Code.NONE || code === Code.GROUP_ID_NOT_FOUND) return false;
    throw client.coordinatorError({ type: GROUP, key: job }, code, doing);
  });
  if (running) {
    const { holder } = await membersOf(client, job);
    throw new JobActiveError(`Cannot drop "${job}": it is running in ${holder ?? "another process"}; stop it first`);
  }
  const own = new Set([changelogTopic(job), deadLetterTopic(job)]);
  await deleteTopics(client, (await listTopics(client)).filter((topic) => own.has(topic)));
}

/** Topics with a committed position. */
async function topicsReadBy(client: Client, job: string): Promise<string[]> {
  return [...new Set((await groupPositions(client, job)).map(({ topic }) => topic))];
}

/** Committed positions of the group of the job's name. */
export async function groupPositions(client: Client, job: string): Promise<Position[]> {
  const doing = `read the positions of the group "${job}"`;
  return await patiently({ doing }, async () => {
    const answer = await client.askCoordinator({ type: GROUP, key: job }, "OffsetFetch", { groupId: job, topics: [] });
    if (answer.errorCode === Code.GROUP_ID_NOT_FOUND) return [];
    if (answer.errorCode !== Code.NONE) {
      throw client.coordinatorError({ type: GROUP, key: job }, answer.errorCode, doing);
    }
    return answer.responses.flatMap(({ topic, partitions }) =>
      partitions.map(({ partition, offset, errorCode }) => {
        // A position that could not be looked up may exist all the same.
        checkCode(errorCode, doing);
        return { topic, partition, offset: Number(offset) };
      })
    ).filter(({ offset }) => offset >= 0);
  });
}
