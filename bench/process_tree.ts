/**
 * What a process and all below it use, from /proc.
 *
 * Deno lets no program read /proc without all permissions, so a shell that lives as long as the measurement hands it over;
 * it uses about 3 ms of processor time for each look.
 */

/** /proc counts time in hundredths of a second and memory in pages. */
const TICKS_PER_S = 100;
const PAGE_BYTES = 4096;

const SCRIPT = 'while read -r pid; do cat /proc/[0-9]*/stat /proc/$pid/status 2>/dev/null; echo "= end"; done';

export class ProcessTree implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #reader: ReadableStreamDefaultReader<string>;

  private constructor() {
    this.#child = new Deno.Command("sh", { args: ["-c", SCRIPT], stdin: "piped", stdout: "piped", stderr: "null" })
      .spawn();
    this.#writer = this.#child.stdin.getWriter();
    this.#reader = this.#child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** Undefined where there is no /proc. */
  static open(): ProcessTree | undefined {
    return Deno.build.os === "linux" ? new ProcessTree() : undefined;
  }

  /** What the process and all below it use, to be asked for again and again while it runs. */
  watch(pid: number): TreeWatch {
    return new TreeWatch(pid, () => this.#look(pid));
  }

  /** Processor time of all children that this process has had and that have ended, with all below them, s. */
  async endedChildrenCpuS(): Promise<number> {
    const own = parse(await this.#look(Deno.pid)).find(({ pid }) => pid === Deno.pid)!;
    return own.endedChildrenCpuS;
  }

  /** Processor time of these processes, of all that are below them, and of those below them that have ended, s. */
  async cpuOf(pids: readonly number[]): Promise<number> {
    const all = parse(await this.#look(Deno.pid));
    const children = Map.groupBy(all, ({ parent }) => parent);
    const tree = all.filter(({ pid }) => pids.includes(pid));
    for (const { pid } of tree) tree.push(...children.get(pid) ?? []);
    return tree.reduce((sum, { cpuS, endedChildrenCpuS }) => sum + cpuS + endedChildrenCpuS, 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // A Ctrl-C ends the shell too, and nobody reads its pipe then.
    await this.#writer.close().catch(() => {});
    await this.#reader.cancel();
    await this.#child.status;
  }

  async #look(pid: number): Promise<string> {
    await this.#writer.write(new TextEncoder().encode(`${pid}\n`));
    let text = "";
    while (!text.endsWith("= end\n")) {
      const { value, done } = await this.#reader.read();
      if (done) throw new Error("Cannot read /proc: the shell that hands it over has ended");
      text += value;
    }
    return text;
  }
}

/** The tree below one process, over time. */
export class TreeWatch {
  /** Highest sum of resident memory so far, shared pages counted for each; no less than the kernel's own peak of the root. */
  peakBytes = 0;
  readonly #pid: number;
  readonly #look: () => Promise<string>;
  /** Processor time by process id, s; processes that have ended keep their last one. */
  readonly #cpuS = new Map<number, number>();

  constructor(pid: number, look: () => Promise<string>) {
    this.#pid = pid;
    this.#look = look;
  }

  /** @returns user and system time so far of all that have been seen in the tree, s */
  async look(): Promise<number> {
    const text = await this.#look();
    const all = parse(text);
    const children = Map.groupBy(all, ({ parent }) => parent);
    const tree = all.filter(({ pid }) => pid === this.#pid);
    // The list grows while it is gone through: children, their children, …
    for (const { pid } of tree) tree.push(...children.get(pid) ?? []);
    for (const { pid, cpuS } of tree) this.#cpuS.set(pid, cpuS);
    const residentBytes = tree.reduce((sum, process) => sum + process.residentBytes, 0);
    const rootPeakBytes = Number(/VmHWM:\s+(\d+)/.exec(text)?.[1] ?? 0) * 1024;
    this.peakBytes = Math.max(this.peakBytes, residentBytes, rootPeakBytes);
    return this.#cpuS.values().reduce((sum, one) => sum + one, 0);
  }
}

interface ProcessStat {
  readonly pid: number;
  readonly parent: number;
  readonly cpuS: number;
  readonly endedChildrenCpuS: number;
  readonly residentBytes: number;
}

/** Lines of /proc/PID/stat among others, see proc_pid_stat(5). */
function parse(text: string): ProcessStat[] {
  const stats: ProcessStat[] = [];
  for (const line of text.split("\n")) {
    // The name stands in brackets and may hold anything.
    const nameEnd = line.lastIndexOf(") ");
    const pid = parseInt(line);
    if (nameEnd < 0 || Number.isNaN(pid)) continue;
    const fields = line.slice(nameEnd + 2).split(" ").map(Number);
    stats.push({
      pid,
      parent: fields[1]!,
      cpuS: (fields[11]! + fields[12]!) / TICKS_PER_S,
      endedChildrenCpuS: (fields[13]! + fields[14]!) / TICKS_PER_S,
      residentBytes: fields[21]! * PAGE_BYTES,
    });
  }
  return stats;
}
