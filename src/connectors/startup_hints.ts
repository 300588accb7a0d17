import type { Logger, Sink, Source, SourceContext, SourceReader, SourceSplit } from "../engine/mod.ts";
import { UnknownTopicError } from "./broker_errors.ts";

/** What a person can do about topics that are missing or without records, each as the end of a sentence. */
export interface StartupHints {
  /** When a topic does not exist: `run "deno task gen --create" in another terminal`. */
  readonly whenMissing: string;
  /** When topics are empty, or a later start finds nothing new in them: `run "deno task gen" in another terminal`. */
  readonly whenIdle: string;
  /** When the job's first start begins behind all records that are there. */
  readonly whenBehindAll: string;
}

/** How long a job's topics may be without new records before the hint is logged, ms. */
const IDLE_MS = 3_000;

/**
 * Logs early why a job has nothing to do, and what to do about it: a topic is missing, empty, or has nothing new. It looks once
 * at the positions of the sources, never at records.
 */
export class StartupHinter {
  readonly #jobName: string;
  readonly #hints: StartupHints;
  readonly #notice = new QuietTopicNotice(({ topics, empty, firstStart, logger }) => {
    const names = `${topics.length === 1 ? "topic" : "topics"} ${quoted(topics)}`;
    const { whenIdle, whenBehindAll } = this.#hints;
    const sentence = empty
      ? `nothing in ${names} yet: ${whenIdle}`
      : `nothing new in ${names}: ${firstStart ? whenBehindAll : whenIdle}`;
    logger.info(`${this.#jobName}: ${sentence}`);
  });

  /** Makes the hints of one job. */
  constructor(jobName: string, hints: StartupHints) {
    this.#jobName = jobName;
    this.#hints = hints;
  }

  /** The same source, of which missing and quiet topics are reported with a hint. */
  source<T>(source: Source<T>): Source<T> {
    const topics = source.topics ?? [];
    return {
      description: source.description,
      topics,
      from: source.from,
      open: async (context) => this.#notice.reader(await this.#hinted(() => source.open(context)), topics, context),
    };
  }

  /** The same sink, of which a missing topic is reported with a hint. */
  sink<T>(sink: Sink<T>): Sink<T> {
    return {
      description: sink.description,
      exactlyOnceWith: (store) => sink.exactlyOnceWith(store),
      feeds: (source) => sink.feeds?.(source),
      open: (context) => this.#hinted(() => sink.open(context)),
      ...sink.openDry !== undefined && { openDry: (context) => this.#hinted(() => sink.openDry!(context)) },
    };
  }

  async #hinted<R>(open: () => Promise<R>): Promise<R> {
    try {
      return await open();
    } catch (error) {
      if (!(error instanceof UnknownTopicError)) throw error;
      const { topics } = error;
      const they = topics.length === 1 ? `topic ${quoted(topics)}: it does` : `topics ${quoted(topics)}: they do`;
      throw new UnknownTopicError(topics, `Cannot open ${they} not exist; ${this.#hints.whenMissing}`);
    }
  }
}

/** The topics of which a {@link QuietTopicNotice} found no new records. */
interface QuietTopics {
  readonly topics: readonly string[];
  /** Whether no record was ever written to them. */
  readonly empty: boolean;
  /** Whether the job had no commit when it started. */
  readonly firstStart: boolean;
  readonly logger: Logger;
}

interface WatchedSplit {
  readonly split: SourceSplit<unknown>;
  readonly startPosition: unknown;
}

/** Notices, once, that the job has read no record since it started, and that its topics have no more. */
class QuietTopicNotice {
  readonly #report: (quiet: QuietTopics) => void;
  readonly #topics = new Set<string>();
  readonly #splits: WatchedSplit[] = [];
  #running: AbortController | undefined;
  #reported = false;

  constructor(report: (quiet: QuietTopics) => void) {
    this.#report = report;
  }

  reader<T>(reader: SourceReader<T>, topics: readonly string[], context: SourceContext): SourceReader<T> {
    return {
      splits: reader.splits,
      start: () => {
        this.#begin(reader.splits, topics, context);
        reader.start();
      },
      poll: (arrival) => reader.poll(arrival),
      close: () => {
        // A bounded run without records ends before the time is over.
        if (reader.splits.every(({ status }) => status === "finished")) this.#look(context);
        this.#end();
        return reader.close();
      },
    };
  }

  #begin(splits: readonly SourceSplit<unknown>[], topics: readonly string[], context: SourceContext): void {
    for (const topic of topics) this.#topics.add(topic);
    for (const split of splits) this.#splits.push({ split, startPosition: split.position });
    if (this.#running !== undefined) return;
    const running = this.#running = new AbortController();
    context.clock.sleep(IDLE_MS, running.signal).then(() => {
      if (!running.signal.aborted) this.#look(context);
    });
  }

  #look({ restored, logger }: SourceContext): void {
    if (this.#reported || this.#splits.length === 0) return;
    if (this.#splits.some(({ split, startPosition }) => split.lag > 0 || split.position !== startPosition)) return;
    this.#reported = true;
    const empty = this.#splits.every(({ startPosition }) => startPosition === 0);
    this.#report({ topics: [...this.#topics], empty, firstStart: restored === undefined, logger });
  }

  /** Forgets the splits: the next attempt of the job opens new ones. */
  #end(): void {
    this.#running?.abort();
    this.#running = undefined;
    this.#splits.length = 0;
  }
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(" and ");
}
