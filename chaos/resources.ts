/** Memory and descriptors of a process, as the kernel counts them. */

/** The resources of a process at one moment. */
export interface Resources {
  /** Memory that is resident now. */
  readonly residentBytes: number;
  /** The most memory that was resident since its start. */
  readonly peakBytes: number;
  /** Open files, pipes and sockets. */
  readonly descriptors: number;
  /** Sockets alone. */
  readonly sockets: number;
}

/**
 * Reads /proc through `cat` and `ls`, as Deno programs may not read it themselves.
 * @returns undefined where there is no /proc, or the process does not exist any more
 */
export async function resourcesOf(pid: number): Promise<Resources | undefined> {
  if (Deno.build.os !== "linux") return undefined;
  const [status, links] = await Promise.all([
    outputOf("cat", [`/proc/${pid}/status`]),
    outputOf("ls", ["-l", `/proc/${pid}/fd`]),
  ]);
  const bytes = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1] ?? Number.NaN) * 1024;
  const residentBytes = bytes("VmRSS");
  const targets = links.split("\n").flatMap((line) => line.split(" -> ")[1] ?? []);
  if (Number.isNaN(residentBytes) || targets.length === 0) return undefined;
  return {
    residentBytes,
    peakBytes: bytes("VmHWM"),
    descriptors: targets.length,
    sockets: targets.filter((target) => target.startsWith("socket:")).length,
  };
}

async function outputOf(command: string, args: readonly string[]): Promise<string> {
  const { stdout } = await new Deno.Command(command, { args: [...args], stdin: "null", stderr: "null" }).output();
  return new TextDecoder().decode(stdout);
}
