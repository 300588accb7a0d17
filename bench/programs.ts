/** What the programs cost as processes of their own, on the embedded log. */
import { openBroker } from "../src/connectors/mod.ts";
import { SILENT } from "../src/engine/mod.ts";
import { FLIGHTDATA, flightFromSkyone } from "../src/models.ts";
import { bookings, generate, recreateTopics } from "../src/s05_data_gen.ts";
import { encodeJson } from "../src/utils.ts";

export interface ProgramFigures {
  /** From the start of the process to the first committed record in flightdata. */
  readonly startToFirstRecordMs: number;
  readonly travellers: number;
  /** Peak resident memory of s20 with so many travellers, MB; null where it can not be measured. */
  readonly residentMb: number | null;
}

export async function measurePrograms({ travellers }: { travellers: number }): Promise<ProgramFigures> {
  const dir = await Deno.makeTempDir();
  try {
    await using broker = await openBroker({ settings: { broker: "embedded", dir, sync: "normal" }, logger: SILENT });
    const { port } = broker;
    await recreateTopics(port, SILENT);
    await generate(port, {
      seed: 7,
      count: 1_000,
      rate: Infinity,
      startMs: Date.now(),
      signal: new AbortController().signal,
    });
    const startMs = performance.now();
    const s16 = startTask("s16", ["--from", "earliest"], dir);
    for (;;) {
      const [flightdata] = await port.describeTopics([FLIGHTDATA.name]);
      if (flightdata!.endOffsets.some((end) => end > 0)) break;
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    const startToFirstRecordMs = Math.round(performance.now() - startMs);
    s16.kill("SIGTERM");
    await s16.status;

    await recreateTopics(port, SILENT);
    const producer = await port.producer();
    let batch = [];
    let sent = 0;
    // Each traveller flies twice in one window, so that all of them are in the state at once.
    for (const { skyone } of bookings({ seed: 7, users: 1 })) {
      const flight = { ...flightFromSkyone(skyone), email_address: `${sent % travellers}@email.com` };
      batch.push({
        topic: FLIGHTDATA.name,
        key: encodeJson(FLIGHTDATA.key(flight)),
        value: encodeJson(flight),
        timestampMs: 1_000,
      });
      sent++;
      if (batch.length < 1_000 && sent < 2 * travellers) continue;
      await producer.send(batch);
      batch = [];
      if (sent >= 2 * travellers) break;
    }
    await producer.close();
    const s20 = startTask("s20", ["--from", "earliest", "--bounded"], dir);
    const residentMb = await peakResidentMb(s20);
    return { startToFirstRecordMs, travellers, residentMb };
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** Starts a task as its user does, with its permissions and flags. */
function startTask(task: string, args: string[], dir: string): Deno.ChildProcess {
  const root = new URL("../", import.meta.url);
  const { tasks } = JSON.parse(Deno.readTextFileSync(new URL("deno.json", root)));
  const [, ...command] = (tasks[task].command as string).split(" ");
  return new Deno.Command(Deno.execPath(), {
    args: [...command, ...args],
    cwd: root,
    env: { BROKER: "embedded", BROKER_DIR: dir, LOG_LEVEL: "error" },
    stdin: "null",
    stdout: "null",
    stderr: "inherit",
  }).spawn();
}

/** The kernel keeps the peak itself; it is read until the process has gone, by `cat`: programs may not read /proc. */
async function peakResidentMb(child: Deno.ChildProcess): Promise<number | null> {
  if (Deno.build.os !== "linux") return null;
  const ended = child.status.then(() => true);
  const pause = () => new Promise<false>((resolve) => setTimeout(resolve, 20, false));
  let peakKb = 0;
  do {
    const { stdout } = await new Deno.Command("cat", { args: [`/proc/${child.pid}/status`], stderr: "null" }).output();
    peakKb = Math.max(peakKb, Number(/VmHWM:\s+(\d+)/.exec(new TextDecoder().decode(stdout))?.[1] ?? 0));
  } while (!await Promise.race([ended, pause()]));
  return Math.round(peakKb / 1024);
}
