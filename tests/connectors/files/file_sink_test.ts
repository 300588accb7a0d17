import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { StreamExecutionEnvironment } from "../../../src/engine/api/environment.ts";
import { SILENT } from "../../../src/engine/logger.ts";
import fc from "fast-check";
import { JobError, RecordError } from "../../../src/engine/errors.ts";
import type { SinkWriter } from "../../../src/engine/sink.ts";
import type { Json } from "../../../src/engine/source.ts";
import { CollectionSource } from "../../../src/engine/sources/collection_source.ts";
import { WatermarkStrategy } from "../../../src/engine/time/watermark_strategy.ts";
import {
  CsvEncoder,
  FileSink,
  type FileSinkOptions,
  FileSource,
  JsonLinesEncoder,
  TextLineInputFormat,
} from "../../../src/connectors/files/mod.ts";
import { newLog } from "../../engine/logged.ts";
import { SteppedJob } from "../../engine/stepped_job.ts";
import { sinkContext } from "../../engine/sink_context.ts";
import { MemoryJobStore, RetriableError } from "../../../src/engine/testing/memory_job_store.ts";
import { Crash, type Death, FaultyDisk } from "./faulty_disk.ts";
import { OpenSource, test, write } from "./file_rig.ts";

/** A job with one sink: what it commits, through JSON, and what is lost when it dies. */
class Job<T> {
  restored: Json | undefined;
  readonly log = newLog();
  readonly #options: FileSinkOptions<T>;
  #writer: SinkWriter<T> | undefined;

  constructor(options: FileSinkOptions<T>) {
    this.#options = options;
  }

  get writer(): SinkWriter<T> {
    return this.#writer!;
  }

  /** Opens the sink and makes the first commit, as a job does before its first record. */
  async start(): Promise<this> {
    await this.open();
    await this.commit();
    return this;
  }

  async open(): Promise<void> {
    this.#writer = await new FileSink(this.#options).open(sinkContext({ restored: this.restored, logger: this.log }));
  }

  write(...values: readonly T[]): this {
    for (const value of values) this.writer.write(value, 0);
    return this;
  }

  async flush(): Promise<void> {
    await this.writer.flush!();
  }

  async prepare(): Promise<Json> {
    await this.flush();
    return JSON.parse(JSON.stringify(await this.writer.prepareCommit!()));
  }

  async commit(): Promise<void> {
    this.restored = await this.prepare();
    await this.writer.committed!();
  }

  /** What is not done stays undone. */
  async close(): Promise<void> {
    await this.#writer?.close?.();
    this.#writer = undefined;
  }
}

/** Files and what is in them: visible ones, and the names of the others. */
function filesIn(dir: string): { visible: Record<string, string>; hidden: string[] } {
  const names = [...Deno.readDirSync(dir)].map(({ name }) => name).sort();
  return {
    visible: Object.fromEntries(
      names.filter((name) => !name.startsWith(".")).map((name) => [name, Deno.readTextFileSync(`${dir}/${name}`)]),
    ),
    hidden: names.filter((name) => name.startsWith(".")),
  };
}

// ---------------------------------------------------------------------------------------------------------- what it writes

test("FileSink writes a part for each commit with records, as JSON lines", async (dir) => {
  const job = await new Job<unknown>({ dir }).start();
  await job.write({ city: "Ulm" }, "é\n").commit();
  await job.commit();
  await job.write(7).commit();
  await job.close();

  assertEquals(filesIn(dir), {
    visible: { "part-0000000000.jsonl": '{"city":"Ulm"}\n"é\\n"\n', "part-0000000001.jsonl": "7\n" },
    hidden: [],
  });
});

test("FileSink hides what it writes until the commit has happened", async (dir) => {
  const job = await new Job<number>({ dir }).start();
  assertEquals(filesIn(dir), { visible: {}, hidden: [] });
  await job.write(1).flush();
  assertEquals(filesIn(dir), { visible: {}, hidden: [".part-0000000000.jsonl.1.inprogress"] });
  await job.write(2).prepare();
  assertEquals(filesIn(dir), { visible: {}, hidden: [".part-0000000000.jsonl.1.inprogress"] });
  await job.writer.committed!();

  assertEquals(filesIn(dir), { visible: { "part-0000000000.jsonl": "1\n2\n" }, hidden: [] });
  await job.close();
});

test("FileSink makes its directory, and takes prefix, suffix and format", async (dir) => {
  const job = await new Job<number>({ dir: `${dir}/a/b`, prefix: "n", suffix: ".log", format: (n) => `<${n}>` })
    .start();
  await job.write(1, 2).commit();
  await job.close();
  assertEquals(filesIn(`${dir}/a/b`).visible, { "n-0000000000.log": "<1>\n<2>\n" });

  const text = await new Job<number>({ dir: `${dir}/c`, format: (n) => `<${n}>` }).start();
  await text.write(1).commit();
  await text.close();
  assertEquals(Object.keys(filesIn(`${dir}/c`).visible), ["part-0000000000.txt"]);
});

test("a format with a header writes it first in each part", async (dir) => {
  const job = await new Job({ dir, format: new CsvEncoder<{ a: string }>(["a"]), rollBytes: 5 }).start();
  await job.write({ a: "1" }).commit();
  await job.write({ a: "x,y" }, { a: "2" }).commit();
  await job.close();

  assertEquals(filesIn(dir).visible, {
    "part-0000000000.csv": "a\n1\n",
    "part-0000000001.csv": 'a\n"x,y"\n',
    "part-0000000002.csv": "a\n2\n",
  });
});

test("rollBytes ends a part with the record that fills it, over any number of flushes", async (dir) => {
  const job = await new Job<string>({ dir, rollBytes: 8, format: (text) => text }).start();
  await job.write("aaaaaaa", "é", "b").flush(); // 8 bytes; 3 + 2
  await job.write("cc", "d").flush();
  await job.write("eeeeeeeeeeeeeeeeeee", "f").commit();
  await job.close();

  assertEquals(Object.values(filesIn(dir).visible), ["aaaaaaa\n", "é\nb\ncc\n", "d\neeeeeeeeeeeeeeeeeee\n", "f\n"]);
});

test("FileSink writes much at once, also if the disk takes it in pieces", async (dir) => {
  const { write: writeOnce } = Deno.FsFile.prototype;
  Deno.FsFile.prototype.write = function (this: Deno.FsFile, bytes: Uint8Array) {
    return writeOnce.call(this, bytes.subarray(0, 50_000));
  };
  const job = await new Job<string>({ dir, format: (text) => text }).start();
  const lines = Array.from({ length: 3_000 }, (_, index) => `${index} ${"é\u{1f6eb}x".repeat(index % 200)}`);
  try {
    for (let round = 0; round < 3; round++) {
      for (const line of lines) job.write(line);
      await job.flush();
    }
    await job.commit();
  } finally {
    Deno.FsFile.prototype.write = writeOnce;
    await job.close();
  }

  const text = `${lines.join("\n")}\n`;
  assert(Object.values(filesIn(dir).visible)[0] === text + text + text);
});

test("takeBack() takes back the last records since the last flush, parts that they filled and headers included", async (dir) => {
  let n = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ text: fc.string({ maxLength: 9 }), back: fc.boolean(), flush: fc.boolean() }), {
        maxLength: 30,
      }),
      async (records) => {
        const [plain, other] = [`${dir}/${n}`, `${dir}/${n++}-back`];
        const format = new CsvEncoder<{ text: string }>(["text"]);
        const clean = await new Job({ dir: plain, format, rollBytes: 20 }).start();
        const job = await new Job({ dir: other, format, rollBytes: 20 }).start();
        for (const { text, back, flush } of records) {
          job.write({ text });
          if (back) job.write({ text: "x" }).writer.takeBack!(2);
          else clean.write({ text });
          if (flush) await Promise.all([job.flush(), clean.flush()]);
        }
        await Promise.all([job.commit(), clean.commit()]);
        await Promise.all([job.close(), clean.close()]);
        assertEquals(filesIn(other), filesIn(plain));
      },
    ),
    { seed: 5, numRuns: 40 },
  );
});

test("a value that cannot be written is an error at its record, and leaves nothing", async (dir) => {
  const job = await new Job<unknown>({
    dir,
    format: { ...csvOf("a"), encode: (v) => new JsonLinesEncoder().encode(v) },
  })
    .start();
  assertThrows(() => job.write(undefined), RecordError, "Cannot write a value to a file: it holds undefined");
  await job.commit();
  assertEquals(filesIn(dir), { visible: {}, hidden: [] });
  await job.write(1).commit();
  await job.close();

  assertEquals(Object.values(filesIn(dir).visible), ["a\n1\n"]);
});

function csvOf(header: string): { suffix: string; header: string } {
  return { suffix: ".csv", header };
}

// -------------------------------------------------------------------------------------------------------------- restarts

test("a restart goes on with the next number, and removes what was not committed", async (dir) => {
  const job = await new Job<number>({ dir }).start();
  await job.write(1).commit();
  await job.write(2).prepare(); // the commit fails
  await job.close();
  assertEquals(filesIn(dir).hidden.length, 1);
  await job.start();
  assertEquals(filesIn(dir).hidden, []);
  await job.write(3).commit();
  await job.close();

  assertEquals(filesIn(dir), {
    visible: { "part-0000000000.jsonl": "1\n", "part-0000000001.jsonl": "3\n" },
    hidden: [],
  });
});

test("a restart makes visible what was committed, and says so", async (dir) => {
  const job = await new Job<number>({ dir, rollBytes: 1 }).start();
  job.restored = await job.write(1, 2, 3).prepare();
  await job.close(); // committed() is never called
  await Deno.rename(`${dir}/.part-0000000001.jsonl.1.inprogress`, `${dir}/part-0000000001.jsonl`); // or died in its middle
  await job.start();
  await job.close();

  assertEquals(Object.values(filesIn(dir).visible), ["1\n", "2\n", "3\n"]);
  assertEquals(job.log.lines, [`info: files in "${dir}": made 2 committed files visible that a crash had left`]);
});

test("committed files that were moved away between commit and restart are not missed", async (dir) => {
  const job = await new Job<number>({ dir }).start();
  await job.write(1).commit();
  await job.close();
  await Deno.remove(`${dir}/part-0000000000.jsonl`);
  await (await job.start()).write(2).commit();
  await job.close();

  assertEquals(filesIn(dir), { visible: { "part-0000000001.jsonl": "2\n" }, hidden: [] });
});

test("visible files may be moved away while the job goes on", async (dir) => {
  const job = await new Job<number>({ dir }).start();
  await job.write(1).commit();
  await Deno.remove(`${dir}/part-0000000000.jsonl`);
  await job.write(2).commit();
  await job.close();

  assertEquals(filesIn(dir), { visible: { "part-0000000001.jsonl": "2\n" }, hidden: [] });
});

test("a job without a commit goes on behind the files that are there, and removes hidden ones of its names alone", async (dir) => {
  const others = [".part-0000000000.csv.1.inprogress", ".apart-0000000000.jsonl.1.inprogress", "part-0000000009.csv"];
  for (const name of [...others, "part-0000000004.jsonl", ".part-0000000007.jsonl.3.inprogress"]) {
    write(`${dir}/${name}`, "old\n");
  }
  const job = await new Job<number>({ dir }).start();
  await job.write(1).commit();
  await job.close();

  assertEquals(filesIn(dir), {
    visible: { "part-0000000004.jsonl": "old\n", "part-0000000005.jsonl": "1\n", "part-0000000009.csv": "old\n" },
    hidden: others.filter((name) => name.startsWith(".")).sort(),
  });
});

test("two sinks with prefixes of their own share a directory", async (dir) => {
  // One prefix is the other's beginning, and looks like one of its parts.
  const a = await new Job<number>({ dir, prefix: "p" }).start();
  const b = await new Job<number>({ dir, prefix: "p-0000000000" }).start();
  await a.write(1).flush();
  await b.write(2).flush();
  await b.close();
  await b.start();
  await a.commit();
  await b.write(3).commit();
  await a.close();
  await b.close();

  assertEquals(filesIn(dir), {
    visible: { "p-0000000000-0000000000.jsonl": "3\n", "p-0000000000.jsonl": "1\n" },
    hidden: [],
  });
});

test("a job that is given another directory finishes what it committed in the old one", async (dir) => {
  const job = await new Job<number>({ dir: `${dir}/a` }).start();
  await job.write(1).commit();
  job.restored = await job.write(2).prepare();
  await job.write(3).flush();
  await job.close();
  const moved = new Job<number>({ dir: `${dir}/b` });
  moved.restored = job.restored;
  await (await moved.start()).write(3).commit();
  await moved.close();
  assertEquals(Object.values(filesIn(`${dir}/a`).visible), ["1\n", "2\n"]);
  assertEquals(filesIn(`${dir}/a`).hidden, []);
  assertEquals(filesIn(`${dir}/b`).visible, { "part-0000000000.jsonl": "3\n" });

  const again = new Job<number>({ dir: `${dir}/b` });
  again.restored = moved.restored;
  await Deno.remove(`${dir}/a`, { recursive: true });
  await again.start();
  await again.close();
});

test("a job that is given a third directory when the second is gone goes on", async (dir) => {
  const job = await new Job<number>({ dir: `${dir}/a` }).start();
  await job.write(1).commit();
  await job.close();
  await Deno.remove(`${dir}/a`, { recursive: true });
  const moved = new Job<number>({ dir: `${dir}/b` });
  moved.restored = job.restored;
  await (await moved.start()).write(2).commit();
  await moved.close();

  assertEquals(filesIn(`${dir}/b`).visible, { "part-0000000000.jsonl": "2\n" });
});

test("a part that no commit of the job made is never replaced", async (dir) => {
  const job = await new Job<number>({ dir }).start();
  job.write(1);
  write(`${dir}/part-0000000000.jsonl`, "foreign\n");
  const says =
    `Cannot write part files to "${dir}": "part-0000000000.jsonl" is there and no commit of this job made it; ` +
    "give each job that writes there a prefix of its own, or move the file away";
  const error = await assertRejects(() => job.commit(), JobError) as JobError;
  assertEquals(error.message, says);
  await job.close();
  const again = new Job<number>({ dir });
  again.restored = { ...job.restored as Record<string, Json>, pending: [], next: 0 };
  await assertRejects(() => again.start(), JobError, says);

  assertEquals(filesIn(dir).visible, { "part-0000000000.jsonl": "foreign\n" });
});

test("a hidden file that somebody removed before its commit fails the job", async (dir) => {
  const job = await new Job<number>({ dir }).start();
  await job.write(1).flush();
  await Deno.remove(`${dir}/.part-0000000000.jsonl.1.inprogress`);

  await assertRejects(
    () => job.commit(),
    JobError,
    `Cannot make "${dir}/part-0000000000.jsonl" visible: its hidden file is gone, and its records with it`,
  );
  await job.close();
});

test("an instance that was thought dead and goes on does no harm to its successor", async (dir) => {
  const old = await new Job<string>({ dir, rollBytes: 1 }).start();
  old.restored = await old.write("1").prepare(); // it sleeps between the commit and the renaming
  const next = new Job<string>({ dir, rollBytes: 1 });
  next.restored = old.restored;
  await next.start();
  await next.write("2").flush();

  await old.writer.committed!();
  await old.write("old 2", "old 3").flush(); // its commit will be refused
  await old.close();
  const slow = new Job<string>({ dir, rollBytes: 1 }); // took the lease before `next`, and only now opens
  slow.restored = old.restored;
  await slow.open();
  await slow.close();

  await next.commit();
  await next.close();
  await (await next.start()).write("3").commit();
  await next.close();

  assertEquals(Object.values(filesIn(dir).visible), ['"1"\n', '"2"\n', '"3"\n']);
});

// ---------------------------------------------------------------------------------------------------------- exactly once

/** What a job does with its sink between its start and its death, if it comes to that. */
type Act = { readonly write: number } | "flush" | "commit";

interface Life {
  readonly acts: readonly Act[];
  /** The step that is its last, if it gets that far. */
  readonly lastStep: number;
  readonly death: Death;
  /** Whether the power fails with it. */
  readonly power: boolean;
}

/** A job that dies again and again, and what its visible files must hold. */
class Trial {
  readonly #dir: string;
  readonly #disk: FaultyDisk;
  readonly #job: Job<number>;
  readonly #committed: number[] = [];
  #uncommitted: number[] = [];
  #next = 0;

  constructor(dir: string, disk: FaultyDisk) {
    this.#dir = dir;
    this.#disk = disk;
    this.#job = new Job({ dir, rollBytes: 8 });
  }

  /** @returns whether it died */
  async live({ acts, lastStep, death, power }: Life): Promise<boolean> {
    this.#disk.arm(lastStep, death);
    let died = false;
    try {
      await this.#job.open();
      for (const act of ["commit", ...acts, "commit"] as const) {
        if (act === "flush") await this.#job.flush();
        else if (act === "commit") await this.#commit();
        else for (let i = 0; i < act.write; i++) this.#write();
        this.#checkVisible(act === "commit");
      }
    } catch (error) {
      // A JobError may have the crash as its cause.
      if (!(error instanceof Crash)) throw error;
      died = true;
    } finally {
      this.#disk.disarm();
      await this.#job.close();
    }
    this.#uncommitted = [];
    if (died && power) await this.#disk.failPower();
    this.#checkVisible(false);
    return died;
  }

  #write(): void {
    this.#job.write(this.#next);
    this.#uncommitted.push(this.#next++);
  }

  async #commit(): Promise<void> {
    const prepared = await this.#job.prepare();
    await this.#disk.step(() => {
      this.#job.restored = prepared;
      this.#committed.push(...this.#uncommitted);
      this.#uncommitted = [];
    });
    await this.#job.writer.committed!();
  }

  /** Whole lines of committed records, in order, none twice; all of them if nothing is under way. */
  #checkVisible(all: boolean): void {
    const text = Object.values(filesIn(this.#dir).visible).join("");
    if (all) {
      assertEquals(text, this.#committed.map((value) => `${value}\n`).join(""));
      return;
    }
    assert(text === "" || text.endsWith("\n"), `A line is broken: ${text}`);
    const values = text.split("\n").slice(0, -1).map(Number);
    const committed = new Set(this.#committed);
    for (const [index, value] of values.entries()) {
      assert(committed.has(value), `${value} is visible and not committed`);
      assert(index === 0 || value > values[index - 1]!, `${value} follows ${values[index - 1]}`);
    }
  }
}

const CALM: Omit<Life, "acts"> = { lastStep: Number.POSITIVE_INFINITY, death: "before", power: false };

test("a job that dies at any step, by itself or with the power, has each committed record in its visible files once", async (dir) => {
  const acts: Act[] = [{ write: 3 }, "flush", { write: 4 }, "commit", { write: 1 }, "flush"];
  let deaths = 0;
  for (const death of ["before", "half", "after"] as const) {
    for (const power of [false, true]) {
      let died = true;
      for (let lastStep = 0; died; lastStep++) {
        const place = `${dir}/${death}-${power}-${lastStep}`;
        using disk = new FaultyDisk(place);
        const trial = new Trial(place, disk);
        await Deno.mkdir(place);
        await trial.live({ ...CALM, acts: [{ write: 2 }] });
        died = await trial.live({ acts, lastStep, death, power });
        // The next one dies where it cleans up, the one after it lives.
        if (died) await trial.live({ acts: [{ write: 1 }], lastStep: lastStep % 9, death, power });
        await trial.live({ ...CALM, acts: [{ write: 1 }] });
        // A power failure may bring back what was removed: hidden for ever, in nobody's way.
        if (!power) assertEquals(filesIn(place).hidden, []);
        if (died) deaths++;
      }
    }
  }
  assert(deaths > 200, `It died ${deaths} times`);
});

test("whatever a job writes, commits and dies of: each committed record is in its visible files once", async (dir) => {
  const act = fc.oneof(
    fc.record({ write: fc.integer({ min: 1, max: 9 }) }),
    fc.constantFrom<Act>("flush", "commit"),
  );
  const life = fc.record({
    acts: fc.array(act, { maxLength: 8 }),
    lastStep: fc.integer({ min: 0, max: 60 }),
    death: fc.constantFrom<Death>("before", "half", "after"),
    power: fc.boolean(),
  });
  let run = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(life, { maxLength: 6 }), async (lives) => {
      const place = `${dir}/${run++}`;
      await Deno.mkdir(place);
      using disk = new FaultyDisk(place);
      const trial = new Trial(place, disk);
      for (const life of lives) await trial.live(life);
      await trial.live({ ...CALM, acts: [{ write: 1 }] });
    }),
    { seed: 20_260_307, numRuns: 100 },
  );
});

// ------------------------------------------------------------------------------------------------------------------ a job

test("a job whose commits fail, and whose committed() never comes, writes each record once", async (dir) => {
  const job = new SteppedJob((env) => {
    const numbers = Array.from({ length: 5_000 }, (_, index) => index);
    env.fromSource(new CollectionSource(numbers), WatermarkStrategy.noWatermarks<number>(), "numbers")
      .sinkTo(new FileSink({ dir, format: String })).name("files");
  });
  job.store.beforeCommit = (number) => {
    if (number === 2) throw new RetriableError("The broker is away");
  };
  job.store.afterCommit = (number) => {
    if (number === 4) throw new RetriableError("The broker does not answer");
  };
  const result = await job.execute({ delivery: "exactly-once" }, () => {}, () => {}, () => {});

  assertEquals(result.end, "finished");
  assertEquals(
    Object.values(filesIn(dir).visible).join(""),
    Array.from({ length: 5_000 }, (_, index) => `${index}\n`).join(""),
  );
  assertEquals(filesIn(dir).hidden, []);
});

test("a job without a store writes its files at its end", async (dir) => {
  const job = new SteppedJob((env) => {
    env.fromCollection([1, 2]).sinkTo(new FileSink({ dir }));
  });
  await job.execute({ store: undefined as never });

  assertEquals(filesIn(dir), { visible: { "part-0000000000.jsonl": "1\n2\n" }, hidden: [] });
});

test("a source that watches the directory reads what was committed, in order, once", async (dir) => {
  const job = await new Job<string>({ dir, format: (text) => text }).start();
  await using source = await OpenSource.open({ path: dir, format: new TextLineInputFormat(), watch: true });
  source.start();
  const read: string[] = [];
  for (let number = 0; number < 12; number++) {
    await job.write(`${number}`).flush();
    await source.look();
    assertEquals(await source.take(), []);
    await job.commit();
    await source.look();
    read.push(...await source.take());
  }
  await job.close();

  assertEquals(read, Array.from({ length: 12 }, (_, number) => `${number}`));
  assertEquals(source.log.lines, []);
});

// ----------------------------------------------------------------------------------------------------------------- errors

test("a job whose sink writes where its source reads is refused before anything is opened", async (dir) => {
  await Deno.mkdir(`${dir}/in/sub`, { recursive: true });
  await Deno.symlink(`${dir}/in`, `${dir}/link`);
  await Deno.symlink(`${dir}/in/sub`, `${dir}/deep`);
  const execute = async (path: string, out: string) => {
    const env = new StreamExecutionEnvironment({ logger: SILENT });
    const source = new FileSource({ path, format: new TextLineInputFormat() });
    env.fromSource(source, WatermarkStrategy.noWatermarks(), "lines").sinkTo(new FileSink({ dir: out })).name("copy");
    await env.execute();
  };
  for (
    const out of ["in", "in/", "in/sub", "in/new/deeper", "link", "link/sub", "deep", "in/../in", "_x/../in", "./in"]
  ) {
    await assertRejects(
      () => execute(`${dir}/in`, `${dir}/${out}`),
      JobError,
      'Cannot execute a job that reads what it writes: what "copy" writes comes back through "lines", which reads all files ' +
        `in "${dir}/in"; write to a directory beside it, or to one whose name begins with "_"`,
      out,
    );
  }
  await assertRejects(() => execute(`${dir}/link`, `${dir}/in/sub`), JobError, "comes back through");
  write(`${dir}/in/part-0000000000.jsonl`, "1\n");
  await assertRejects(
    () => execute(`${dir}/in/part-0000000000.jsonl`, `${dir}/in`),
    JobError,
    `which reads "${dir}/in/part-0000000000.jsonl", one of the sink's own files`,
  );
  // Beside it, below it under a hidden name, and above it.
  for (const out of ["inside", "in/_out", "in/.out/deeper"]) await execute(`${dir}/in`, `${dir}/${out}`);
  await execute(`${dir}/in`, dir);
});

test("two sinks that would write the same files are refused by what they find there", async (dir) => {
  const env = new StreamExecutionEnvironment({ logger: SILENT });
  const numbers = env.fromCollection([1, 2]);
  for (const name of ["one", "other"]) numbers.sinkTo(new FileSink({ dir })).name(name);
  await assertRejects(() => env.execute(), JobError, `Cannot write "${dir}/`);
});

test("open() says which directory it cannot write to, and why", async (dir) => {
  write(`${dir}/file`, "");

  await assertRejects(
    () => new Job({ dir: `${dir}/file` }).start(),
    JobError,
    `Cannot write to "${dir}/file": File exists`,
  );
  await assertRejects(
    () => new Job({ dir: `${dir}/file/below` }).start(),
    JobError,
    `Cannot write to "${dir}/file/below": Not a directory`,
  );
});

test("a disk that refuses to write fails the job in a sentence that names the file", async (dir) => {
  const job = await new Job<number>({ dir }).start();
  const { write: writeOnce } = Deno.FsFile.prototype;
  Deno.FsFile.prototype.write = () => Promise.reject(new Error("No space left on device (os error 28)"));
  try {
    job.write(1);
    await assertRejects(
      () => job.commit(),
      JobError,
      `Cannot write "${dir}/.part-0000000000.jsonl.1.inprogress": No space left on device`,
    );
  } finally {
    Deno.FsFile.prototype.write = writeOnce;
    await job.close();
  }
});

Deno.test({
  name: "files: open() says that the program may not write",
  permissions: { write: false },
  async fn() {
    const sink = new FileSink({ dir: "bookings" });
    const error = await assertRejects(() => sink.open(sinkContext()), JobError) as JobError;
    assertEquals(error.message, 'Cannot write to "bookings": this program may not; allow it with --allow-write');
  },
});

Deno.test("FileSink refuses invalid options", () => {
  assertThrows(
    () => new FileSink({ dir: "" }),
    TypeError,
    'Cannot create a file sink as dir must name a directory: current value is ""',
  );
  for (const names of [{ prefix: "" }, { prefix: ".a" }, { prefix: "_a" }, { prefix: "a/b" }, { suffix: "/b" }]) {
    assertThrows(
      () => new FileSink({ dir: "out", ...names }),
      RangeError,
      'Cannot create a file sink in "out" as prefix and suffix must make names that do not begin with "." or "_" and hold',
    );
  }
  assertThrows(
    () => new FileSink({ dir: "out", rollBytes: 0 }),
    RangeError,
    'Cannot create a file sink in "out" as rollBytes must be > 0: current value is 0',
  );
});

Deno.test("FileSink is exactly once with any store, at least once without", () => {
  const sink = new FileSink({ dir: "out" });

  assertEquals([sink.exactlyOnceWith(new MemoryJobStore()), sink.exactlyOnceWith(undefined)], [true, false]);
  assertEquals(sink.description, 'files in "out"');
});
