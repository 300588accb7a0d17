/** Follows records through the jobs that run, as they take them: asks through the broker, and reads what they report. */
import type { Broker } from "../../connectors/broker.ts";
import { END_OF_TIME, FOLLOW_FORMAT, parseFollowReport } from "../../engine/internal.ts";
import type { FollowReport, FollowRequest, RecordAddress, SentStep, TraceStep } from "../../engine/mod.ts";
import { findSent, type FoundRecord } from "./find_record.ts";

/** A request ends by itself after so long, ms. */
const FOLLOWED_MS = 600_000;
/** Sent records are looked for again only so long after they were sent, ms: what is not there by then was not written as it was sent. */
const LOOKED_FOR_MS = 30_000;

/** Which records are to be followed. */
export interface FollowedRecords {
  /** Records of any topic with one of these keys: the key's text, JSON that is equal to it, or the text of one of its fields. */
  readonly keys?: readonly string[];
  /** Records at these places, of jobs that have not read them yet. */
  readonly places?: readonly RecordAddress[];
}

/** What one instance of a job made of the records so far. */
export interface LiveJobTrace extends FollowReport {
  /** What it sent to topics, by the number of the step: where it lies; left out: it does not, or not yet. */
  readonly sent: ReadonlyMap<number, FoundRecord>;
}

/** Records that are followed while it is open. */
export class LiveFollowing {
  /** What the jobs are asked for. */
  readonly request: FollowRequest;
  readonly #broker: Broker;
  readonly #now: () => number;
  /** By instance and step. */
  readonly #sent = new Map<string, FoundRecord>();

  private constructor(broker: Broker, request: FollowRequest, now: () => number) {
    this.#broker = broker;
    this.request = request;
    this.#now = now;
  }

  /**
   * Asks all jobs that run to follow records; they notice within their status interval, a second.
   * @throws {BrokerError} if the request cannot be written
   */
  static async begin(broker: Broker, records: FollowedRecords, now: () => number): Promise<LiveFollowing> {
    const nowMs = now();
    const request: FollowRequest = {
      format: FOLLOW_FORMAT,
      id: crypto.randomUUID(),
      atMs: nowMs,
      untilMs: nowMs + FOLLOWED_MS,
      keys: records.keys ?? [],
      places: records.places ?? [],
    };
    await write(broker, request);
    return new LiveFollowing(broker, request, now);
  }

  /** What the jobs that follow have reported so far, in the order in which they saw the first record; last those that wait for it. */
  async traces(): Promise<LiveJobTrace[]> {
    const notes = await this.#broker.notes?.("traces") ?? [];
    const reports = notes.filter(({ key }) => key.startsWith(`${this.request.id}/`))
      .flatMap(({ text }) => parseFollowReport(text) ?? [])
      .sort((a, b) => seenAtMs(a) - seenAtMs(b));
    return await Promise.all(reports.map(async (report) => ({ ...report, sent: await this.#found(report) })));
  }

  /** The jobs need not follow any longer. */
  async end(): Promise<void> {
    const nowMs = this.#now();
    await write(this.#broker, { ...this.request, atMs: nowMs, untilMs: nowMs });
  }

  async #found({ instance, steps, committed }: FollowReport): Promise<ReadonlyMap<number, FoundRecord>> {
    const sent = new Map<number, FoundRecord>();
    for (const step of steps.slice(0, committed).filter(isSent)) {
      const name = `${instance}/${step.step}`;
      let found = this.#sent.get(name);
      if (found === undefined && this.#now() - step.clockMs < LOOKED_FOR_MS) {
        found = await findSent(this.#broker, step.record!);
        if (found !== undefined) this.#sent.set(name, found);
      }
      if (found !== undefined) sent.set(step.step, found);
    }
    return sent;
  }
}

function seenAtMs({ steps, atMs }: FollowReport): number {
  return steps[0]?.clockMs ?? END_OF_TIME + atMs;
}

function isSent(step: TraceStep): step is SentStep {
  return step.kind === "sent" && step.record !== undefined;
}

async function write(broker: Broker, request: FollowRequest): Promise<void> {
  await broker.keepNote?.("requests", { key: request.id, atMs: request.atMs, text: JSON.stringify(request) });
}
