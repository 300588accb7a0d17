import { Hono } from "hono";
import type { Broker } from "../../connectors/broker.ts";
import { BrokerError } from "../../connectors/broker_errors.ts";
import {
  type DeadLetterInfo,
  type DeadLetterList,
  deadLetterRecords,
  readDeadLetters,
} from "../../cli/dead_letters/dead_letters.ts";
import { dropDeadLetters, replayDeadLetters } from "../../cli/dead_letters/resolve.ts";
import { type Logger, UsageError } from "../../utils.ts";
import type { DashboardContext } from "../context.ts";
import { type DeadLetterRow, deadLetterRow, type WholeDeadLetter, wholeDeadLetter } from "../dead_letter_json.ts";

/** So many of a job's dead letters are shown, the newest ones. */
const SHOWN = 500;

/** `GET /api/dead-letters/JOB` */
export interface DeadLettersAnswer {
  /** Newest first. */
  readonly letters: readonly DeadLetterRow[];
  /** How many there are, shown or not. */
  readonly total: number;
  /** How many of those were neither replayed nor dropped. */
  readonly open: number;
}

/** `GET /api/dead-letters/JOB/ID` */
export interface DeadLetterAnswer {
  readonly letter: WholeDeadLetter;
}

/** What is to be done with dead letters: the body of `POST /api/dead-letters/JOB/replay` and `…/drop`. */
export interface ResolveRequest {
  /** Which ones. */
  readonly ids: readonly number[];
  /** Whether to do it; without it the answer only says what would happen. */
  readonly confirmed: boolean;
  /** Of a replay: also late records, and dead letters that were replayed or dropped before. */
  readonly force?: boolean;
}

/** What was done, or would be. */
export interface ResolveAnswer {
  /** In sentences, with warnings. */
  readonly messages: readonly { readonly level: "info" | "warn"; readonly text: string }[];
}

/** Lists and shows dead letters of a job, replays and drops them. */
export function deadLettersApi({ broker, signal }: DashboardContext): Hono {
  return new Hono()
    .get("/:job", async (c) => {
      const { letters, resolved } = await lettersOf(broker, c.req.param("job"), signal);
      const shown = letters.slice(-SHOWN).toReversed().map((letter) => deadLetterRow(letter, resolved));
      const open = letters.filter(({ id }) => !resolved.has(id)).length;
      return c.json({ letters: shown, total: letters.length, open } satisfies DeadLettersAnswer);
    })
    .get("/:job/:id", async (c) => {
      const { job, id } = c.req.param();
      const { letters, resolved } = await lettersOf(broker, job, signal);
      const ids = letters.filter((letter) => `${letter.id}` === id).map((letter) => letter.id);
      for await (const record of deadLetterRecords(broker, job, ids, signal)) {
        const letter = wholeDeadLetter(record, resolved);
        if (letter !== undefined) return c.json({ letter } satisfies DeadLetterAnswer);
      }
      return c.json({ error: `There is no dead letter ${id} of "${job}"` }, 404);
    })
    .post("/:job/:action{replay|drop}", async (c) => {
      const { job, action } = c.req.param();
      const { ids, confirmed, force } = parseRequest(await c.req.json().catch(() => undefined));
      const wanted = new Set(ids);
      const messages: ResolveAnswer["messages"][number][] = [];
      const options = {
        select: ({ letters }: DeadLetterList): DeadLetterInfo[] => letters.filter(({ id }) => wanted.has(id)),
        force,
        yes: confirmed,
        dryRun: !confirmed,
        logger: listLogger(messages),
        now: Date.now,
        signal,
      };
      try {
        await (action === "replay" ? replayDeadLetters(broker, job, options) : dropDeadLetters(broker, job, options));
      } catch (error) {
        // Its sentence points to the reasons above it.
        if (messages.length === 0 || !(error instanceof BrokerError)) throw error;
        return c.json({ error: [error.message, ...messages.map(({ text }) => text)].join(". ") }, 409);
      }
      return c.json({ messages } satisfies ResolveAnswer);
    });
}

/** Those of a job; of one that has none an empty list. */
async function lettersOf(broker: Broker, job: string, signal: AbortSignal): Promise<DeadLetterList> {
  try {
    return await readDeadLetters(broker, job, signal);
  } catch (error) {
    const isThere = (await broker.listTopics()).includes(`${job}.dead-letters`);
    if (isThere || !(error instanceof BrokerError)) throw error;
    return { letters: [], resolved: new Map() };
  }
}

function parseRequest(body: unknown): Required<ResolveRequest> {
  const { ids, confirmed = false, force = false } = (body ?? {}) as Partial<ResolveRequest>;
  const isIds = Array.isArray(ids) && ids.length > 0 && ids.every((id) => Number.isSafeInteger(id) && id >= 0);
  if (!isIds || typeof confirmed !== "boolean" || typeof force !== "boolean") {
    throw new UsageError(
      'The body must be {"ids": [1, 2], "confirmed": true}: which dead letters, and whether to do it',
    );
  }
  return { ids, confirmed, force };
}

function listLogger(messages: ResolveAnswer["messages"][number][]): Logger {
  return {
    debug: () => {},
    info: (text) => void messages.push({ level: "info", text }),
    warn: (text) => void messages.push({ level: "warn", text }),
    error: (text) => void messages.push({ level: "warn", text }),
  };
}
