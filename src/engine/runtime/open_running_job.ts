import { isExpected, isRetriable } from "../error_codes.ts";
import { JobError, OperatorError, RecordError } from "../errors.ts";
import {
  inputsOf,
  type OperatorNode,
  type SinkNode,
  type SourceNode,
  type StreamGraph,
  type StreamNode,
} from "../graph.ts";
import type { Operator, TwoInputOperator } from "../operators/operator.ts";
import { SinkOperator } from "../operators/sink.ts";
import { MIN_WATERMARK } from "../record.ts";
import type { SinkContext } from "../sink.ts";
import type { Json } from "../source.ts";
import { KeyedStateBackend } from "../state/keyed_state_backend.ts";
import { TimerQueue } from "../time/timer_queue.ts";
import { becomesDeadLetter, errorOf } from "./dead_letters.ts";
import type { Attempt } from "./attempt.ts";
import type { AttemptContext } from "./attempt_context.ts";
import { closeParts, type OpenSink, RunningJob } from "./running_job.ts";
import type { Snapshot } from "./snapshot.ts";
import { SourceTask } from "./source_task.ts";
import { FanOut } from "./edge.ts";
import { Counts } from "./counts.ts";
import { Task } from "./task.ts";

type AnyOperator = Operator<unknown, unknown> | TwoInputOperator<unknown, unknown, unknown>;

/** What nodes emit to: the main outputs of all, and side outputs by the id of their tag. */
export interface Outputs {
  readonly main: ReadonlyMap<StreamNode, FanOut>;
  readonly sides: ReadonlyMap<StreamNode, ReadonlyMap<string, FanOut>>;
}

/**
 * Opens sinks and sources, makes operators with their restored state, and ties them together. If one cannot be opened, those that
 * are open are closed again.
 */
export async function openRunningJob(graph: StreamGraph, snapshot: Snapshot, attempt: Attempt): Promise<RunningJob> {
  const { activity, options: { bounded } } = attempt;
  const outputs = newOutputs(graph, attempt);
  const ahead = snapshot.ahead(bounded);
  const [sources, tasks, sinks]: [SourceTask[], Task[], OpenSink[]] = [[], [], []];
  try {
    for (const node of graph.nodes) {
      await activity.wait(`"${node.name}" to open`, async () => {
        if (node.kind === "source") {
          sources.push(await openSource(node, { snapshot, attempt, output: outputs.main.get(node)! }));
          return;
        }
        let operator: AnyOperator;
        if (node.kind === "sink") {
          const sink = await openSink(node, { snapshot, attempt, output: outputs.main.get(node)! });
          sinks.push(sink);
          operator = new SinkOperator(sink.writer);
        } else {
          operator = node.create();
        }
        tasks.push(newTask(node, { operator, outputs, snapshot, attempt, aheadMs: ahead.get(node.uid) }));
      });
    }
    for (const [node, output] of outputs.main) attempt.tracing.addOutput(output, node);
    for (const [node, ofNode] of outputs.sides) {
      for (const [tag, output] of ofNode) attempt.tracing.addOutput(output, node, tag);
    }
    await activity.wait("functions to open", () => tasks.forEach((task) => task.open()));
    return new RunningJob(attempt, { sources, tasks, sinks });
  } catch (error) {
    attempt.end();
    await closeParts(attempt, { sources, tasks, sinks });
    throw error;
  }
}

function newOutputs(graph: StreamGraph, { changes }: AttemptContext): Outputs {
  const main = new Map(graph.nodes.map((node) => [node, new FanOut(new Counts(changes.journal))]));
  // Side outputs come into being with their readers.
  const sides = new Map<StreamNode, Map<string, FanOut>>(graph.nodes.map((node) => [node, new Map()]));
  for (const { node, tag } of graph.nodes.flatMap(inputsOf).flatMap(({ from }) => from)) {
    const ofNode = sides.get(node)!;
    if (tag === undefined || ofNode.has(tag.id)) continue;
    const output = main.get(node)!;
    ofNode.set(tag.id, new FanOut(output.counts, output));
  }
  return { main, sides };
}

/** What a source or sink is opened with. */
interface OpeningOptions {
  readonly snapshot: Snapshot;
  readonly attempt: Attempt;
  readonly output: FanOut;
}

async function openSink(node: SinkNode, { snapshot, attempt, output }: OpeningOptions): Promise<OpenSink> {
  const { session, clock, options: { logger } } = attempt;
  const { uid, name } = node;
  const refuse: SinkContext["refuse"] = (value, timestampMs, error) =>
    refuseRecord(name, { value, timestampMs, error }, { counts: output.counts, attempt });
  const writer = await node.sink.open({
    session,
    restored: snapshot.sink(uid),
    restoredParts: snapshot.sinkParts(uid),
    clock,
    logger,
    refuse,
  });
  return { uid, name, writer };
}

/** What a sink that has taken a record makes of it when it turns out to be bad, see `SinkContext.refuse()`. */
function refuseRecord(
  operator: string,
  { error, ...record }: { readonly value: unknown; readonly timestampMs: number; readonly error: unknown },
  { counts, attempt }: { readonly counts: Counts; readonly attempt: AttemptContext },
): void {
  if (isRetriable(error) || (isExpected(error) && !(error instanceof RecordError))) throw error;
  const blamed = new OperatorError(operator, error, { byRecord: true });
  if (!becomesDeadLetter(blamed, attempt.onError)) throw blamed;
  counts.consumed--;
  counts.dead++;
  attempt.deadLetter({ ...errorOf(blamed), origin: undefined, ...record, operator });
}

/** What the task of an operator is made with. */
export interface NewTaskOptions {
  readonly operator: AnyOperator;
  readonly outputs: Outputs;
  readonly snapshot: Snapshot;
  readonly attempt: AttemptContext;
  /** Its event time in the bounded run that goes on, if that is further than the next run may find. */
  readonly aheadMs?: number | undefined;
}

/** Makes the task of an operator, with what the last commit has of it, and ties it to those above. */
export function newTask(
  node: OperatorNode | SinkNode,
  { operator, outputs, snapshot, attempt, aheadMs }: NewTaskOptions,
): Task {
  const { uid } = node;
  const realMs = snapshot.job?.watermarks[uid] ?? MIN_WATERMARK;
  const { allowWindowChange } = attempt;
  snapshot.checkCompatibility(
    uid,
    operator.compatibility?.() ?? {},
    allowWindowChange ? (was, is) => attempt.warn(describeWindowChange(uid, was, is)) : undefined,
  );
  const task = new Task({
    node,
    operator,
    state: new KeyedStateBackend(uid, attempt.changes, {
      restored: snapshot.takeState(uid),
      versions: snapshot.job?.versions[uid],
      now: () => attempt.clock.now(),
    }),
    timers: new TimerQueue(uid, attempt.changes, snapshot.takeTimers(uid)),
    processingTimers: new TimerQueue(
      uid,
      attempt.changes,
      snapshot.takeTimers(uid, "processing-timer"),
      "processing-timer",
    ),
    output: outputs.main.get(node)!,
    sideOutputs: outputs.sides.get(node)!,
    attempt,
    restoredWatermarkMs: aheadMs ?? realMs,
    restoredRealMs: realMs,
  });
  for (const [input, { from }] of node.inputs.entries()) {
    for (const [channel, { node: above, tag }] of from.entries()) {
      const output = tag === undefined ? outputs.main.get(above)! : outputs.sides.get(above)!.get(tag.id)!;
      output.add(task.addEdge(input, channel));
    }
  }
  return task;
}

function describeWindowChange(uid: string, was: string, is: string): string {
  return `the windows of "${uid}" are now ${is}; those that are open, of ${was}, close at their own ends with what they hold`;
}

async function openSource(node: SourceNode, { snapshot, attempt, output }: OpeningOptions): Promise<SourceTask> {
  const { clock, sequence, wake, options: { from, bounded, logger, idleMs } } = attempt;
  const splits = snapshot.splits(node.uid);
  const bounds = snapshot.job?.bounds?.[node.uid];
  const reader = await node.source.open({
    restored: splits && new Map([...splits].map(([id, { position }]) => [id, position] as const)),
    restoredIdentities: splits && new Map(
      [...splits].flatMap(([id, { identity }]) => identity === undefined ? [] : [[id, identity] as const]),
    ),
    restoredBounds: bounds && new Map<string, Json>(Object.entries(bounds)),
    from: node.source.from ?? from,
    bounded,
    logger,
    clock,
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
  return new SourceTask({
    node,
    reader,
    output,
    attempt,
    idleMs,
    restored: {
      outputMs: snapshot.job?.watermarks[node.uid] ?? MIN_WATERMARK,
      splitMs: new Map([...splits ?? []].map(([id, { watermark }]) => [id, watermark ?? MIN_WATERMARK])),
    },
  });
}
