/** Replaying and dropping dead letters, each once. */
import { type Broker, deadLetterTopic, type OutgoingRecord, type Producer } from "../../connectors/broker.ts";
import { BrokerError } from "../../connectors/broker_errors.ts";
import { partitionSplit } from "../../engine/internal.ts";
import { formatCount, type Logger, UsageError } from "../../utils.ts";
import { splitsOf } from "../../inspect/commit.ts";
import { timeText } from "../../inspect/record_text.ts";
import {
  type DeadLetterInfo,
  type DeadLetterList,
  deadLetterRecords,
  markerRecord,
  originalRecord,
  readDeadLetters,
  type Resolution,
} from "./dead_letters.ts";
import { sortOut } from "./replayable.ts";
import { originWords } from "./show.ts";

/** Which dead letters are replayed or dropped, and how. */
export interface ResolveOptions {
  /** Chooses dead letters; called again when no other program can resolve any. */
  readonly select: (letters: DeadLetterList) => DeadLetterInfo[];
  /** Also late records, and dead letters that were replayed or dropped before. */
  readonly force: boolean;
  /** Without it, only logs what would happen. */
  readonly yes: boolean;
  /** Only logs what would happen, and succeeds. */
  readonly dryRun: boolean;
  readonly logger: Logger;
  /** ms since the Unix epoch */
  readonly now: () => number;
  readonly signal: AbortSignal;
}

/** Most dead letters in one transaction. */
const BATCH_DEAD_LETTERS = 500;
const BATCH_BYTES = 4 << 20;
/** For how many dead letters that are left alone the reason is logged. */
const EXPLAINED = 10;

/**
 * Writes the records of dead letters back to their topics, each in one transaction with the marker that it was replayed: it is
 * neither lost nor doubled by a crash, or by another person who replays at the same time.
 *
 * @throws {UsageError} if neither `yes` nor `dryRun` is set, when what would happen has been logged
 * @throws {FencedError} if another program has begun to resolve dead letters of the job meanwhile
 */
export function replayDeadLetters(broker: Broker, job: string, options: ResolveOptions): Promise<void> {
  const plan = async (letters: DeadLetterInfo[], resolved: DeadLetterList["resolved"]) => {
    const { can, cannot } = await sortOut(broker, { job, letters, resolved, force: options.force });
    explain(cannot, options.logger);
    if (can.length > 0) await warn(broker, job, can, options.logger);
    return can;
  };
  return resolve(broker, job, { ...options, resolution: "replayed", plan });
}

/**
 * Marks dead letters as dropped: lists hide them from then on, the topic keeps them.
 * @throws {UsageError} if neither `yes` nor `dryRun` is set, when what would happen has been logged
 * @throws {FencedError} if another program has begun to resolve dead letters of the job meanwhile
 */
export function dropDeadLetters(broker: Broker, job: string, options: ResolveOptions): Promise<void> {
  const plan = (letters: DeadLetterInfo[], resolved: DeadLetterList["resolved"]) => {
    explain(
      letters.flatMap((letter) =>
        resolved.has(letter.id) ? [[letter, `it was ${resolved.get(letter.id)} already`]] : []
      ),
      options.logger,
    );
    return letters.filter(({ id }) => !resolved.has(id));
  };
  return resolve(broker, job, { ...options, resolution: "dropped", plan });
}

interface PlannedResolution extends ResolveOptions {
  readonly resolution: Resolution;
  /** Chooses those of the selected dead letters that can be resolved, and logs why others cannot. */
  readonly plan: (
    letters: DeadLetterInfo[],
    resolved: DeadLetterList["resolved"],
  ) => DeadLetterInfo[] | Promise<DeadLetterInfo[]>;
}

async function resolve(broker: Broker, job: string, options: PlannedResolution): Promise<void> {
  const { select, yes, dryRun, logger, signal, resolution, plan } = options;
  // First of all: from here on no other program resolves any, and what others have resolved can be read.
  const producer = yes && !dryRun && (await broker.listTopics()).includes(deadLetterTopic(job))
    ? await broker.producer({ transactionalId: `${job}-dead-letters` })
    : undefined;
  try {
    const found = await readDeadLetters(broker, job, signal);
    const selected = select(found);
    const letters = await plan(selected, found.resolved);
    const verb = resolution === "replayed" ? "replay" : "drop";
    // Resolved before is fine; but a request for what cannot be done must not seem to have succeeded.
    const open = selected.filter(({ id }) => !found.resolved.has(id));
    if (letters.length === 0 && open.length > 0 && !dryRun) {
      throw new BrokerError(`Nothing was ${resolution}: not one of ${counted(open.length)} can be, see above`);
    }
    if (letters.length === 0) return logger.info(`There is no dead letter to ${verb}`);
    if (producer === undefined) {
      logger.info(`Would ${verb} ${counted(letters.length)}: ${summary(letters)}`);
      if (!dryRun) throw new UsageError(`Nothing was ${resolution}: add --yes to do it`);
      return;
    }
    if (resolution === "replayed") await broker.warnOfSettings?.(topicsOf(letters));
    await send(producer, letters, { ...options, broker, job });
    logger.info(
      resolution === "replayed"
        ? `Replayed ${counted(letters.length)}: ${summary(letters)}`
        : `Marked ${counted(letters.length)} as dropped; the topic keeps them, "list --all" shows them`,
    );
  } finally {
    await producer?.close();
  }
}

/** The topics that the dead letters came from. */
function topicsOf(letters: readonly DeadLetterInfo[]): string[] {
  return [...new Set(letters.flatMap(({ origin }) => origin?.topic ?? []))];
}

async function send(
  producer: Producer,
  letters: readonly DeadLetterInfo[],
  options: Pick<PlannedResolution, "resolution" | "now" | "signal"> & { readonly broker: Broker; readonly job: string },
): Promise<void> {
  const { broker, job, resolution, now, signal } = options;
  const byId = new Map(letters.map((letter) => [letter.id, letter]));
  let ids: number[] = [];
  let records: OutgoingRecord[] = [];
  let bytes = 0;
  const flush = async () => {
    if (ids.length === 0) return;
    await producer.send([...records, markerRecord(job, ids, resolution, now())]);
    [ids, records, bytes] = [[], [], 0];
  };
  if (resolution === "dropped") {
    for (const { id } of letters) {
      ids.push(id);
      if (ids.length >= BATCH_DEAD_LETTERS) await flush();
    }
    return await flush();
  }
  for await (const record of deadLetterRecords(broker, job, [...byId.keys()], signal)) {
    ids.push(record.offset);
    records.push(originalRecord(job, record, byId.get(record.offset)!.origin!));
    bytes += (record.value?.length ?? 0) + (record.key?.length ?? 0);
    if (ids.length >= BATCH_DEAD_LETTERS || bytes >= BATCH_BYTES) await flush();
  }
  await flush();
}

function explain(cannot: readonly (readonly [DeadLetterInfo, string])[], logger: Logger): void {
  for (const [{ id }, why] of cannot.slice(0, EXPLAINED)) logger.warn(`Dead letter ${id} is left alone: ${why}`);
  const more = cannot.length - EXPLAINED;
  if (more > 0) logger.warn(`${formatCount(more)} more are left alone, for such reasons`);
}

/** Logs what one should know before replaying these. */
async function warn(broker: Broker, job: string, letters: readonly DeadLetterInfo[], logger: Logger): Promise<void> {
  for (const [topic, some] of Map.groupBy(letters, ({ origin }) => origin!.topic)) {
    const others = (await broker.jobsReading([topic])).map((each) => each.job).filter((name) => name !== job);
    if (others.length > 0) {
      logger.warn(
        `"${topic}" is read by ${
          others.join(", ")
        } too, which may have processed these records already and will get them again`,
      );
    }
    const watermarks = new Map(
      splitsOf(await broker.readCommit(job)).map((
        { split, watermark },
      ) => [split, watermark ?? Number.NEGATIVE_INFINITY]),
    );
    const watermarkOf = ({ origin }: DeadLetterInfo) => watermarks.get(partitionSplit(topic, origin!.partition));
    const old = some.filter((letter) =>
      letter.origin!.timestampMs <= (watermarkOf(letter) ?? Number.NEGATIVE_INFINITY)
    );
    if (old.length > 0) {
      logger.warn(
        `${counted(old.length)} of "${topic}" ${old.length === 1 ? "lies" : "lie"} before the event time of ${job}, ` +
          `${timeText(Math.max(...old.map((letter) => watermarkOf(letter)!)))}: its windows may take them as late`,
      );
    }
  }
}

/** "2 into skyone, 1 into sunset" of dead letters, or the ids of a few. */
function summary(letters: readonly DeadLetterInfo[]): string {
  if (letters.length <= EXPLAINED) {
    return letters.map((letter) => `${letter.id} (${originWords(letter)})`).join(", ");
  }
  return [...Map.groupBy(letters, ({ origin }) => origin?.topic ?? "no topic")]
    .map(([topic, some]) => `${formatCount(some.length)} of ${topic}`).join(", ");
}

function counted(count: number): string {
  return `${formatCount(count)} dead letter${count === 1 ? "" : "s"}`;
}
