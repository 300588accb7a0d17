import { ago, nextFiring, notesOf, span } from "../cli/jobs/words.ts";
import type { SeenJob } from "../connectors/seen_jobs.ts";
import { formatCount } from "../utils.ts";
import type { AttemptStatus, SplitStatusReport } from "../engine/mod.ts";

/** Why a job emits nothing at the moment, or that it does. */
export interface WhyNoResult {
  /** Whether results come out, so that there is nothing to explain. */
  readonly flows: boolean;
  /** The answer. */
  readonly words: string;
  /** What else is known: when the next window closes, who stands by. */
  readonly more: readonly string[];
  /** Ids of the partitions that the answer names, to be marked where partitions are shown. */
  readonly partitions: readonly string[];
}

/** Explains it from what was last heard of the job. @param trouble why that may be old: the broker does not answer */
export function whyNoResult(seen: SeenJob, trouble?: string): WhyNoResult {
  const { job, state, instance: { status, silentMs } } = seen;
  const { attempt, lastError, sinceMs, atMs } = status;
  const because = (words: string, more: readonly string[] = []): WhyNoResult => ({
    flows: false,
    words,
    more,
    partitions: attempt === undefined ? [] : partitionsIn(words, attempt),
  });
  if (trouble !== undefined) {
    return because(`${trouble}. The job cannot commit there either, and nothing is seen of what is not committed.`);
  }
  const [note, ...notes] = notesOf(seen);
  switch (state) {
    case "gone":
      return because(
        `${job} ${note}. It was killed, cut off, or its thread is blocked; start it again, it goes on from its last commit.`,
      );
    case "failed":
      return because(`${job} has failed: ${lastError?.message ?? "without an error"}`);
    case "finished":
    case "stopped":
      return because(
        `${job} has ${state === "finished" ? "come to the end of its input" : "been stopped"}, ${
          ago(atMs - sinceMs + silentMs)
        }.`,
      );
    case "starting":
      return because(`${job} opens, or restores its last commit, since ${span(atMs - sinceMs)}.`);
    case "restarting":
      return because(
        `An attempt has failed, and the next begins from the last commit: ${lastError?.message ?? "without an error"}`,
      );
    case "standby":
      return because(`Nobody is at work: ${note}.`);
    case "stuck":
      return because(
        `It makes ${note}.`,
        attempt?.whyNothingComesOut === undefined ? [] : [sentence(job, attempt.whyNothingComesOut)],
      );
  }
  if (attempt === undefined) return because(`${job} begins an attempt.`);
  const next = nextFiring(attempt);
  const others = notes.filter((text) => text !== next && text !== attempt.whyNothingComesOut);
  const more = [...next === undefined ? [] : [`Next: ${next}.`], ...others];
  if (attempt.outPerSecond > 0) {
    const words = `Results come out, ${formatCount(Math.round(attempt.outPerSecond * 10) / 10)} a second.`;
    return { flows: true, words, more, partitions: [] };
  }
  if (attempt.whyNothingComesOut === undefined) {
    return because(
      `${job} is at work on ${
        formatCount(attempt.lag)
      } records that are there, and no result has come of the last ones.`,
      more,
    );
  }
  return because(sentence(job, attempt.whyNothingComesOut), more);
}

/** The engine's reason as a sentence. */
function sentence(job: string, reason: string): string {
  return `${/^\d/.test(reason) ? "" : `${job} `}${reason}.`;
}

/** Partitions that a sentence names. Of a topic that is read to its end it names no partition: all of them are meant. */
function partitionsIn(words: string, { nodes }: AttemptStatus): string[] {
  const splits = nodes.flatMap((node) => (node.splits ?? []).map((split) => ({ split, topics: node.topics ?? [] })));
  const named = splits.filter(({ split }) => names(words, split));
  const meant = named.length > 0 || !words.includes("waits for records")
    ? named
    : splits.filter(({ topics }) => topics.some((topic) => words.includes(`"${topic}"`)));
  return meant.map(({ split }) => split.id);
}

/** "flights-1" is no part of "flights-10". */
function names(words: string, { id }: SplitStatusReport): boolean {
  for (let at = words.indexOf(id); at >= 0; at = words.indexOf(id, at + 1)) {
    if (!/[\w.-]/.test(words[at - 1] ?? " ") && !/[\w-]/.test(words[at + id.length] ?? " ")) return true;
  }
  return false;
}
