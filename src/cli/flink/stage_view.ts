/** What Flink's metrics say of the tasks of a job. */
import { COUNTERS, type Counters } from "../../flink/protocol/frame.ts";
import type { FlinkRest, JobVertex } from "../../flink/rest.ts";

/** A task of a job, over all of its subtasks. */
export interface StageView {
  readonly name: string;
  readonly parallelism: number;
  /** Flink's word for it. */
  readonly status: string;
  /** How many of its subtasks are in which state. */
  readonly tasks: Readonly<Record<string, number>>;
  /** What its workers report; nothing until Flink has collected it. */
  readonly counters: Partial<Counters>;
  /** Records of its topic that are not read; undefined of a task without a topic. */
  readonly unread: number | undefined;
  /** Records that wait in front of a sink for earlier ones. */
  readonly waiting: number;
  /** Event time, ms; undefined as long as it has none. */
  readonly eventTimeMs: number | undefined;
  /** Partitions that it reads, "flightdata-3", with the event time of each. */
  readonly partitions: readonly PartitionView[];
}

/** A partition that is read. */
export interface PartitionView {
  readonly id: string;
  /** ms; undefined until its first record. */
  readonly eventTimeMs: number | undefined;
  /** Whether nobody waits for it at the moment. */
  readonly idle: boolean;
}

/** Flink's word for an event time that has not begun. */
const NOT_BEGUN = -(2 ** 63);
const WANTED =
  /\.worker\.|\.pendingRecords$|\.waiting$|\.currentInputWatermark$|\.watermark\.(currentWatermark|idleTimeMsPerSecond)$/;
/** Of a second; a partition that was idle for more of it is. */
const IDLE_MS = 500;

/** The tasks of a job, in the order of its graph. */
export async function readStages(rest: FlinkRest, job: string): Promise<StageView[]> {
  const { vertices } = await rest.job(job);
  return await Promise.all(vertices.map((vertex) => readStage(rest, job, vertex)));
}

async function readStage(rest: FlinkRest, job: string, vertex: JobVertex): Promise<StageView> {
  const names = (await rest.metricNames(job, vertex.id)).filter((each) => WANTED.test(each));
  const metrics = names.length === 0 ? [] : await rest.metrics(job, vertex.id, names);
  const counters: { -readonly [name in keyof Counters]?: number } = {};
  const partitions = new Map<string, PartitionView>();
  let unread: number | undefined;
  let waiting = 0;
  let eventTimeMs: number | undefined;
  for (const { id, sum = 0, min = 0 } of metrics) {
    const last = id.slice(id.lastIndexOf(".") + 1);
    const [, partition] = /\.split\.(.+)\.watermark\./.exec(id) ?? [];
    if (partition !== undefined) {
      const known = partitions.get(partition) ?? { id: partition, eventTimeMs: undefined, idle: false };
      const more = last === "currentWatermark" ? { eventTimeMs: begun(min) } : { idle: sum > IDLE_MS };
      partitions.set(partition, { ...known, ...more });
    } else if (id.includes(".worker.")) {
      const counter = COUNTERS.find((name) => name === last);
      if (counter !== undefined) counters[counter] = counter === "firesAtMs" ? min : sum;
    } else if (last === "pendingRecords") unread = sum;
    else if (last === "waiting") waiting = sum;
    else eventTimeMs = earlier(eventTimeMs, begun(min));
  }
  const { name, parallelism, status, tasks } = vertex;
  return {
    ...{ name, parallelism, status, tasks, counters, unread, waiting, eventTimeMs },
    partitions: [...partitions.values()],
  };
}

function begun(ms: number): number | undefined {
  return ms <= NOT_BEGUN ? undefined : ms;
}

function earlier(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? a ?? b : Math.min(a, b);
}
