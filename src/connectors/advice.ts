import type { Logger, Sink, Source, SourceContext, SourceReader, SourceSplit } from "../engine/mod.ts";
import { UnknownTopicError } from "./broker.ts";

/** What a person can do about topics that are missing or give nothing, each as the end of a sentence. */
export interface Advice {
  /** `run "deno task gen --create" in another terminal` */
  readonly whenMissing: string;
  /** `run "deno task gen" in another terminal`; also when all that is there has been read */
  readonly whenSilent: string;
  /** Likewise, when this is the job's first start, behind records that are there. */
  readonly whenBehindAll: string;
}

/** So long a job's topics may give nothing before that is said, ms. */
const SILENT_MS = 3_000;

/**
 * Says early and in plain words why a job has nothing to do, and what to do about it: a topic is missing, or empty, or has
 * nothing new. Records are not touched: it looks once at how far the job has come.
 */
export class Advisor {
  readonly #jobName: string;
  readonly #advice: Advice;
  readonly #watch = new SilenceWatch((silence) => {
    const { topics, empty, firstStart, logger } = silence;
    const names = `${topics.length === 1 ? "topic" : "topics"} ${quoted(topics)}`;
    const { whenSilent, whenBehindAll } = this.#advice;
    const sentence = empty
      ? `nothing in ${names} yet: ${whenSilent}`
      : `nothing new in ${names}: ${firstStart ? whenBehindAll : whenSilent}`;
    logger.info(`${this.#jobName}: ${sentence}`);
  });

  constructor(jobName: string, advice: Advice) {
    this.#jobName = jobName;
    this.#advice = advice;
  }

  /** A source of topics that is watched. */
  source<T>(source: Source<T>): Source<T> {
    const topics = source.topics ?? [];
    return {
      description: source.description,
      topics,
      from: source.from,
      open: async (context) => this.#watch.reader(await this.#named(() => source.open(context)), topics, context),
    };
  }

  /** A sink whose missing topic is named with what to do. */
  sink<T>(sink: Sink<T>): Sink<T> {
    return {
      description: sink.description,
      exactlyOnceWith: (store) => sink.exactlyOnceWith(store),
      feeds: (source) => sink.feeds?.(source),
      open: (context) => this.#named(() => sink.open(context)),
    };
  }

  async #named<R>(open: () => Promise<R>): Promise<R> {
    try {
      return await open();
    } catch (error) {
      if (!(error instanceof UnknownTopicError)) throw error;
      const { topics } = error;
      const they = topics.length === 1 ? `topic ${quoted(topics)}: it does` : `topics ${quoted(topics)}: they do`;
      throw new UnknownTopicError(topics, `Cannot open ${they} not exist; ${this.#advice.whenMissing}`);
    }
  }
}

/** What a {@link SilenceWatch} found. */
interface Silence {
  readonly topics: readonly string[];
  /** Whether there never was a record in them. */
  readonly empty: boolean;
  /** Whether the job had no commit when it began. */
  readonly firstStart: boolean;
  readonly logger: Logger;
}

interface WatchedSplit {
  readonly split: SourceSplit<unknown>;
  readonly startPosition: unknown;
}

/** Notices, once, that none of a job's topics has given a record since the job began. */
class SilenceWatch {
  readonly #say: (silence: Silence) => void;
  readonly #topics = new Set<string>();
  readonly #splits: WatchedSplit[] = [];
  #running: AbortController | undefined;
  #said = false;

  constructor(say: (silence: Silence) => void) {
    this.#say = say;
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
        // A bounded run of nothing is over before the time is.
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
    context.clock.sleep(SILENT_MS, running.signal).then(() => {
      if (!running.signal.aborted) this.#look(context);
    });
  }

  #look({ restored, logger }: SourceContext): void {
    if (this.#said || this.#splits.length === 0) return;
    if (this.#splits.some(({ split, startPosition }) => split.lag > 0 || split.position !== startPosition)) return;
    this.#said = true;
    const empty = this.#splits.every(({ startPosition }) => startPosition === 0);
    this.#say({ topics: [...this.#topics], empty, firstStart: restored === undefined, logger });
  }

  /** A later attempt of the job begins anew. */
  #end(): void {
    this.#running?.abort();
    this.#running = undefined;
    this.#splits.length = 0;
  }
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(" and ");
}
