/** Answers with an error code, in the field where each api has it. */
import type { Message } from "./codec.ts";
import type { TopicNames } from "./filter.ts";
import type { WireRequest } from "./request.ts";
import type { ChosenPartitions } from "./rules.ts";

/** A list in a request, and the list in the answer that has one element for each of its elements. */
interface Mirrored {
  readonly from: string;
  readonly to: string;
  /** The answer's names of the request's fields; a list of bare numbers or texts has only the answer's. */
  readonly keys: Readonly<Record<string, string>>;
  readonly bare?: string;
  readonly below?: Mirrored;
}

const PARTITION_INDEX = { partitionIndex: "partitionIndex" };

/** The lists of an api that answers with lists, not with one code; the innermost one holds the codes. */
function mirrored(api: string, version: number): Mirrored | undefined {
  const partitions = (from: string, to: string, keys: Mirrored["keys"] = PARTITION_INDEX): Mirrored["below"] => {
    return { from, to, keys };
  };
  const topics = (below: Mirrored["below"]): Mirrored => {
    return { from: "topics", to: "topics", keys: { name: "name", topicId: "topicId" }, below: below! };
  };
  switch (api) {
    case "Produce":
      return {
        from: "topicData",
        to: "responses",
        keys: { name: "name", topicId: "topicId" },
        below: partitions("partitionData", "partitionResponses", { index: "index" })!,
      };
    case "Fetch":
      return {
        from: "topics",
        to: "responses",
        keys: { topic: "topic", topicId: "topicId" },
        below: partitions("partitions", "partitions", { partition: "partitionIndex" })!,
      };
    case "ListOffsets":
    case "OffsetCommit":
    case "TxnOffsetCommit":
      return topics(partitions("partitions", "partitions"));
    case "AddPartitionsToTxn": {
      const v3 = version < 4;
      const below: Mirrored = {
        from: v3 ? "v3AndBelowTopics" : "topics",
        to: v3 ? "resultsByTopicV3AndBelow" : "topicResults",
        keys: { name: "name" },
        below: { from: "partitions", to: "resultsByPartition", keys: {}, bare: "partitionIndex" },
      };
      const keys = { transactionalId: "transactionalId" };
      return v3 ? below : { from: "transactions", to: "resultsByTransaction", keys, below };
    }
    case "FindCoordinator":
      return version < 4 ? undefined : { from: "coordinatorKeys", to: "coordinators", keys: {}, bare: "key" };
    case "Metadata":
      return { from: "topics", to: "topics", keys: { name: "name", topicId: "topicId" } };
    case "CreateTopics":
    case "CreatePartitions":
      return { from: "topics", to: api === "CreateTopics" ? "topics" : "results", keys: { name: "name" } };
    case "DeleteTopics":
      return version < 6
        ? { from: "topicNames", to: "responses", keys: {}, bare: "name" }
        : { from: "topics", to: "responses", keys: { name: "name", topicId: "topicId" } };
    case "DescribeGroups":
      return { from: "groups", to: "groups", keys: {}, bare: "groupId" };
    case "DeleteGroups":
      return { from: "groupsNames", to: "results", keys: {}, bare: "groupId" };
    case "DescribeConfigs":
    case "AlterConfigs":
    case "IncrementalAlterConfigs": {
      const keys = { resourceType: "resourceType", resourceName: "resourceName" };
      return { from: "resources", to: api === "DescribeConfigs" ? "results" : "responses", keys };
    }
    default:
      return undefined;
  }
}

/** Requests that change nothing, so that it does not matter when the error occurs; they need the broker's answer as well. */
const ONLY_ASK = new Set(["Metadata", "ApiVersions", "DescribeCluster", "FindCoordinator"]);

/** Whether an error before the broker acts can only be put into its answer. */
export function onlyAsks(request: WireRequest): boolean {
  return ONLY_ASK.has(request.api);
}

/** An error code, and the partitions that get it. */
export interface ErrorAnswer {
  readonly code: number;
  /** Left out: all. */
  readonly chosen?: ChosenPartitions | undefined;
  readonly nameOf: TopicNames;
}

/**
 * Removes from a request the parts that must not reach the broker.
 *
 * @returns the answer for those parts, and whether anything is left for the broker
 */
export function refuse(request: WireRequest, error: ErrorAnswer): { answer: Message; left: boolean } {
  const { api, version, body } = request;
  const lists = mirrored(api, version);
  if (lists === undefined) return { answer: { errorCode: error.code }, left: false };
  const copy = { ...body };
  const answer = { [lists.to]: takeOut(copy, lists, error) };
  const left = (copy[lists.from] as Message[]).length > 0;
  if (left) request.body = copy;
  return { answer, left };
}

/** The answers for the chosen elements; `parent` keeps the others. */
function takeOut(parent: Message, lists: Mirrored, error: ErrorAnswer, topic = ""): Message[] {
  const answers: Message[] = [];
  const kept: unknown[] = [];
  for (const element of (parent[lists.from] ?? []) as (Message | string | number)[]) {
    const own = keysOf(element, lists);
    const name = nameOf(own, error) ?? topic;
    if (lists.below === undefined) {
      if (isChosen(own, name, error)) answers.push(failed(own, error));
      else kept.push(element);
      continue;
    }
    const copy = { ...element as Message };
    const below = takeOut(copy, lists.below, error, name);
    if (below.length > 0) answers.push({ ...own, [lists.below.to]: below });
    if ((copy[lists.below.from] as unknown[]).length > 0) kept.push(copy);
  }
  parent[lists.from] = kept;
  return answers;
}

function keysOf(element: Message | string | number, { keys, bare }: Mirrored): Message {
  if (typeof element !== "object") return { [bare!]: element };
  return Object.fromEntries(Object.entries(keys).map(([from, to]) => [to, element[from]]));
}

/** Adds the answers of {@link refuse} to what the broker answered for the rest. */
export function join(request: WireRequest, answer: Message, refused: Message): void {
  joinIn(answer, refused, mirrored(request.api, request.version)!);
}

function joinIn(parent: Message, refused: Message, lists: Mirrored): void {
  const { to, keys, below } = lists;
  const elements = parent[to] as Message[];
  for (const element of refused[to] as Message[]) {
    const same = elements.find((each) => Object.values(keys).every((key) => each[key] === element[key]));
    if (below !== undefined && same !== undefined) joinIn(same, element, below);
    else elements.push(element);
  }
}

/** Puts the error into the broker's answer. @returns whether the answer has a field for it */
export function fail(request: WireRequest, answer: Message, error: ErrorAnswer): boolean {
  const lists = mirrored(request.api, request.version);
  if (lists === undefined) {
    if (!("errorCode" in answer)) return false;
    const brokers = answer.brokers;
    for (const field of Object.keys(answer)) delete answer[field];
    Object.assign(answer, { errorCode: error.code }, brokers === undefined ? {} : { brokers });
    return true;
  }
  return failIn(answer, lists, error);
}

function failIn(parent: Message, lists: Mirrored, error: ErrorAnswer, topic = ""): boolean {
  let any = false;
  const { to, keys, bare, below } = lists;
  parent[to] = (parent[to] as Message[]).map((element) => {
    const name = nameOf(element, error) ?? topic;
    if (below !== undefined) {
      any = failIn(element, below, error, name) || any;
      return element;
    }
    const names = bare === undefined ? Object.values(keys) : [bare];
    const own = Object.fromEntries(names.map((key) => [key, element[key]]));
    if (!isChosen(own, name, error)) return element;
    any = true;
    return failed(own, error);
  });
  return any;
}

/** An element of an answer with its keys and the code; its other fields have their defaults. */
function failed(own: Message, { code }: ErrorAnswer): Message {
  return { ...own, errorCode: code, partitionErrorCode: code };
}

function isChosen(own: Message, topic: string, { chosen }: ErrorAnswer): boolean {
  return chosen === undefined || chosen(topic, own.partitionIndex ?? own.index ?? -1);
}

function nameOf(own: Message, error: ErrorAnswer): string | undefined {
  return own.name ?? own.topic ?? (own.topicId === undefined ? undefined : error.nameOf(own.topicId));
}
