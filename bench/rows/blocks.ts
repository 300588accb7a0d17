/** How long the thread of a job stands still at most, when a very large commit is made and when very many windows fire. */
import type { Context } from "../context.ts";
import type { Block } from "../in_memory/blocks.ts";
import { runProgram } from "../in_memory/run.ts";
import { range } from "../measurement.ts";
import type { Row, Section } from "../report.ts";

/** A dashboard that waits so long for its answer, or a session that is renewed so late, is noticed, s. */
const TARGET = { atMost: 0.5 } as const;

export async function measureBlocks({ short, rounds, signal, log }: Context): Promise<Section[]> {
  const [windows, changes] = short ? [50_000, 100_000] : [1_000_000, 2_000_000];
  const blocks: Record<"firing" | "commit", Block[]> = { firing: [], commit: [] };
  for (let round = 1; round <= rounds; round++) {
    const args = ["--json", String(windows), String(changes)];
    const { firing, commit } = await runProgram<Record<"firing" | "commit", Block>>("blocks.ts", {
      job: "s20",
      args,
      signal,
    });
    blocks.firing.push(firing);
    blocks.commit.push(commit);
    log(
      `blocks, round ${round} of ${rounds}: windows ${firing.wallMs.toFixed(0)} ms, commit ${
        commit.wallMs.toFixed(0)
      } ms`,
    );
  }
  const rows = (what: string, all: readonly Block[]): Row[] => [
    { what, unit: "s", measured: range(all.map(({ wallMs }) => wallMs / 1_000)), target: TARGET },
    { what: `${what}, processor time meanwhile`, unit: "s", measured: range(all.map(({ cpuMs }) => cpuMs / 1_000)) },
  ];
  return [{
    title: "Longest time in which the thread of a job does nothing else",
    rows: [
      ...rows(`commit of ${changes.toLocaleString("en-US")} changes, embedded log`, blocks.commit),
      ...rows(`${windows.toLocaleString("en-US")} windows that fire at once`, blocks.firing),
    ],
    notes: [
      "The longest time in which no timer of the process had its turn, by a timer of 5 ms; each round is a process of its own, with " +
      "the flags of s20's task. Processor time is that of all its threads, the garbage collector's too.",
    ],
  }];
}
