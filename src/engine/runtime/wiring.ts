import { isExpected, isRetriable, JobError, OperatorError, RecordError } from "../errors.ts";
import {
  inputsOf,
  type OperatorNode,
  type SinkNode,
  type SourceNode,
  type StreamGraph,
  type StreamNode,
} from "../graph.ts";
import type { JobSession } from "../job_store.ts";
import type { Operator, TwoInputOperator } from "../operators/operator.ts";
import { SinkOperator } from "../operators/sink.ts";
import { MIN_WATERMARK } from "../record.ts";
import type { SinkContext, SinkWriter } from "../sink.ts";
import type { Json, SourceReader } from "../source.ts";
import { KeyedStateBackend } from "../state/keyed_state_backend.ts";
import { TimerQueue } from "../time/timer_queue.ts";
import { becomesDeadLetter, errorOf } from "./dead_letters.ts";
import type { JobRunOptions } from "./job_options.ts";
import type { AttemptContext } from "./attempt_context.ts";
import type { Snapshot } from "./snapshot.ts";
import { SourceTask } from "./source_task.ts";
import { FanOut } from "./edge.ts";
import { Tally } from "./tally.ts";
import { Task } from "./task.ts";

type AnyOperator = Operator<unknown, unknown> | TwoInputOperator<unknown, unknown, unknown>;

/** The parts of a running job, in the order of the graph. */
export interface Wired {
  readonly sources: SourceTask[];
  readonly tasks: Task[];
  readonly writers: { readonly uid: string; readonly name: string; readonly writer: SinkWriter<unknown> }[];
}

/**
 * Opens sinks and sources, makes operators with their restored state, and ties them together.
 * @param opened takes each part as it is made, so that its owner can close what there is when a later one fails
 */
export async function wire(
  graph: StreamGraph,
  options: JobRunOptions,
  session: JobSession | undefined,
  snapshot: Snapshot,
  attempt: AttemptContext,
  opened: Wired,
): Promise<void> {
  const outputs = new Map<StreamNode, FanOut>(
    graph.nodes.map((node) => [node, new FanOut(new Tally(attempt.changes.journal))]),
  );
  // Side outputs come into being with their readers.
  const sideOutputs = new Map<StreamNode, Map<string, FanOut>>(graph.nodes.map((node) => [node, new Map()]));
  for (const { node, tag } of graph.nodes.flatMap(inputsOf).flatMap(({ from }) => from)) {
    const sides = sideOutputs.get(node)!;
    if (tag !== undefined && !sides.has(tag.id)) {
      const main = outputs.get(node)!;
      sides.set(tag.id, new FanOut(main.tally, main));
    }
  }
  const ahead = snapshot.ahead(options.bounded);
  for (const node of graph.nodes) {
    if (node.kind === "source") {
      const reader = await openSource(node, options, snapshot, attempt);
      opened.sources.push(
        new SourceTask({
          node,
          reader,
          output: outputs.get(node)!,
          attempt,
          idleMs: options.idleMs,
          restored: {
            outputMs: snapshot.job?.watermarks[node.uid] ?? MIN_WATERMARK,
            splitMs: new Map(
              [...snapshot.splits(node.uid) ?? []].map(([id, { watermark }]) => [id, watermark ?? MIN_WATERMARK]),
            ),
          },
        }),
      );
      continue;
    }
    let operator: AnyOperator;
    if (node.kind === "sink") {
      const { clock, logger } = options;
      const { tally } = outputs.get(node)!;
      const refuse: SinkContext["refuse"] = (value, timestampMs, error) =>
        refuseRecord(node.name, { value, timestampMs }, error, { tally, attempt });
      const writer = await node.sink.open({ session, restored: snapshot.sink(node.uid), clock, logger, refuse });
      opened.writers.push({ uid: node.uid, name: node.name, writer });
      operator = new SinkOperator(writer);
    } else {
      operator = node.create();
    }
    opened.tasks.push(newTask(node, operator, outputs, sideOutputs, snapshot, attempt, ahead.get(node.uid)));
  }
  for (const task of opened.tasks) task.open();
}

/** See {@link SinkContext.refuse}. */
function refuseRecord(
  operator: string,
  record: { readonly value: unknown; readonly timestampMs: number },
  error: unknown,
  { tally, attempt }: { readonly tally: Tally; readonly attempt: AttemptContext },
): void {
  if (isRetriable(error) || (isExpected(error) && !(error instanceof RecordError))) throw error;
  const blamed = new OperatorError(operator, error, undefined, true);
  if (!becomesDeadLetter(blamed, attempt.onError)) throw blamed;
  tally.consumed--;
  tally.dead++;
  attempt.deadLetter({ ...errorOf(blamed), origin: undefined, ...record, operator });
}

/**
 * Makes the task of an operator, with what the last commit has of it, and ties it to those above.
 * @param outputs of all nodes; side outputs by the id of their tag
 * @param aheadMs its event time in the bounded run that goes on, if that is further than the next run may find
 */
export function newTask(
  node: OperatorNode | SinkNode,
  operator: AnyOperator,
  outputs: ReadonlyMap<StreamNode, FanOut>,
  sideOutputs: ReadonlyMap<StreamNode, ReadonlyMap<string, FanOut>>,
  snapshot: Snapshot,
  attempt: AttemptContext,
  aheadMs?: number,
): Task {
  const { uid } = node;
  const realMs = snapshot.job?.watermarks[uid] ?? MIN_WATERMARK;
  snapshot.checkCompatibility(uid, operator.stamps?.() ?? {});
  const task = new Task({
    node,
    operator,
    state: new KeyedStateBackend(
      uid,
      attempt.changes,
      snapshot.takeState(uid),
      snapshot.job?.versions[uid],
      () => attempt.clock.now(),
    ),
    timers: new TimerQueue(uid, attempt.changes, snapshot.takeTimers(uid)),
    processingTimers: new TimerQueue(
      uid,
      attempt.changes,
      snapshot.takeTimers(uid, "processing-timer"),
      "processing-timer",
    ),
    output: outputs.get(node)!,
    sideOutputs: sideOutputs.get(node)!,
    attempt,
    restoredWatermarkMs: aheadMs ?? realMs,
    restoredRealMs: realMs,
  });
  for (const [input, { from }] of node.inputs.entries()) {
    for (const [channel, { node: above, tag }] of from.entries()) {
      const output = tag === undefined ? outputs.get(above)! : sideOutputs.get(above)!.get(tag.id)!;
      output.add(task.addEdge(input, channel));
    }
  }
  return task;
}

async function openSource(
  node: SourceNode,
  options: JobRunOptions,
  snapshot: Snapshot,
  { sequence, wake }: AttemptContext,
): Promise<SourceReader<unknown>> {
  const splits = snapshot.splits(node.uid);
  const bounds = snapshot.job?.bounds?.[node.uid];
  const reader = await node.source.open({
    restored: splits && new Map([...splits].map(([id, { position }]) => [id, position] as const)),
    restoredIdentities: splits && new Map(
      [...splits].flatMap(([id, { identity }]) => identity === undefined ? [] : [[id, identity] as const]),
    ),
    restoredBounds: bounds && new Map<string, Json>(Object.entries(bounds)),
    from: node.source.from ?? options.from,
    bounded: options.bounded,
    logger: options.logger,
    clock: options.clock,
    sequence,
    wake,
  });
  const ids = new Set(reader.splits.map(({ id }) => id));
  const gone = [...splits?.keys() ?? []].filter((id) => !ids.has(id));
  if (gone.length > 0) {
    await reader.close();
    throw new JobError(
      `Cannot restore source "${node.name}": its commit has a position for ${
        gone.join(", ")
      }, which ${node.source.description} no longer has; ` +
        "forget the job's commit with --reset",
    );
  }
  return reader;
}
