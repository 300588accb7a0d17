import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { gzipSync } from "node:zlib";
import { JobError } from "../../../src/engine/errors.ts";
import type { Json } from "../../../src/engine/source.ts";
import { CsvReaderFormat, type FileSourceOptions, TextLineInputFormat } from "../../../src/connectors/files/mod.ts";
import { append, OpenSource, test, write } from "./file_rig.ts";

const format = new TextLineInputFormat();

function following(path: string): FileSourceOptions<string> {
  return { path, format, watch: true };
}

function remove(path: string): void {
  Deno.removeSync(path);
}

function read(path: string): Uint8Array {
  return Deno.readFileSync(path);
}

function inodeOf(path: string): number {
  return Deno.statSync(path).ino!;
}

function rename(from: string, to: string): void {
  Deno.renameSync(from, to);
}

/** What it gives until nothing more comes at three looks in a row: a file is left at the second. */
async function readOn<T>(source: OpenSource<T>): Promise<(T | string)[]> {
  const values = await source.take();
  for (let quiet = 0; quiet < 3; quiet++) {
    await source.look();
    const more = await source.take();
    if (more.length > 0) quiet = -1;
    values.push(...more);
  }
  return values;
}

/** Opens a source from a position, reads on, and closes it. */
async function readFrom(path: string, position?: Json): Promise<{ values: string[]; position: Json; log: string[] }> {
  await using source = await OpenSource.open(following(path), position === undefined ? {} : { position });
  const values = await readOn(source.start());
  return { values, position: source.position, log: source.log.lines };
}

function numbersOf(position: Json): unknown {
  const { file, offset, line } = position as Record<string, Json>;
  return [file, offset, line];
}

// ------------------------------------------------------------------------------------------------- rotation by renaming

test("watch: a file that is rotated is read to its end, the one that took its name from its beginning", async (dir) => {
  const log = `${dir}/app.log`;
  write(log, "old 1\nold 2\n");
  await using source = await OpenSource.open(following(log));
  assertEquals(await source.start().take(), ["old 1", "old 2"]);
  append(log, "old 3\nold 4"); // without an end: nothing comes behind it any more
  rename(log, `${log}.1`);
  write(log, "new 1\nnew 2\nnew 3\nnew 4\n");
  assertEquals(await readOn(source), ["old 3", "old 4", "new 1", "new 2", "new 3", "new 4"]);
  assertEquals(numbersOf(source.position), ["app.log", 24, 5]);
  rename(`${log}.1`, `${log}.2`);
  rename(log, `${log}.1`);
  assertEquals(await readOn(source), []);
  write(log, "newest\n");

  assertEquals([await readOn(source), source.log.lines], [["newest"], []]);
});

test("watch: a rotated file is given up only when its writer has had time to go over to the new one", async (dir) => {
  const log = `${dir}/app.log`;
  write(log, "1\n");
  await using source = await OpenSource.open(following(log));
  await source.start().take();
  rename(log, `${log}.1`);
  write(log, ""); // made by the rotation, not by the writer
  for (const line of ["2", "3"]) {
    assertEquals(await readOn(source), []);
    append(`${log}.1`, `${line}\n`);
    await source.look();
    assertEquals(await source.take(), [line]);
  }
  write(log, "5\n");
  await source.look();
  append(`${log}.1`, "4\n"); // another of its writers
  await source.look();

  assertEquals([await readOn(source), source.log.lines], [["4", "5"], []]);
});

test("watch: a write to a rotated file long after is logged with its bytes", async (dir) => {
  const log = `${dir}/app.log`;
  write(log, "1\n");
  await using source = await OpenSource.open(following(log));
  await source.start().take();
  rename(log, `${log}.1`);
  write(log, "2\n");
  assertEquals(await readOn(source), ["2"]);
  append(`${log}.1`, "late\n");
  assertEquals(await readOn(source), []);

  assertEquals(source.log.lines, [
    `warn: "${log}.1" has grown from 2 to 7 bytes since it was read, and what was added is not read: ` +
    "its writer went on with it long after its name was another file's",
  ]);
});

test("a file that was rotated while the job was down is read to its end, then those between, then the new one", async (dir) => {
  for (
    const [what, names] of [
      ["counters", ["app.log.3", "app.log.2", "app.log.1"]],
      ["dates", ["app.log-20240101", "app.log-20240102", "app.log-20240103"]],
      ["dates before the extension", ["app-2024-01-01.log", "app-2024-01-02.log", "app-2024-01-03.log"]],
    ] as const
  ) {
    const log = `${dir}/${what}/app.log`;
    await Deno.mkdir(`${dir}/${what}`);
    write(`${dir}/${what}/app-errors.log`, "another\n");
    write(`${dir}/${what}/app.log.9`, "older\n");
    write(log, "1\n2\n3\n");
    await using source = await OpenSource.open(following(log));
    assertEquals(await source.start().take(2), ["1", "2"]);
    const { position } = source;
    for (const [index, name] of names.entries()) {
      rename(log, `${dir}/${what}/${name}`);
      await Deno.utime(`${dir}/${what}/${name}`, 2_000_000_000 + index, 2_000_000_000 + index);
      write(log, `${4 + index}\n`);
    }
    const { values, log: words } = await readFrom(log, position);
    assertEquals([values, words], [["3", "4", "5", "6"], []], what);
  }
});

test("a bounded run takes what is there of a rotated file and of its successors, each once", async (dir) => {
  const log = `${dir}/app.log`;
  write(log, "1\n2\n3");
  await using first = await OpenSource.open(following(log), { bounded: true });
  const { bound } = first.split;
  assertEquals(await first.start().take(1), ["1"]);
  rename(log, `${log}.1`);
  write(log, "4\n5\n");
  // The same run goes on to its own end, which has another name now.
  await using again = await OpenSource.open(following(log), { position: first.position, bound: bound!, bounded: true });
  assertEquals([await again.start().take(), again.split.status], [["2", "3"], "finished"]);
  await using next = await OpenSource.open(following(log), { position: again.position, bounded: true });
  assertEquals(await next.start().take(), ["4", "5"]);
  rename(log, `${log}.2`);
  write(log, "6\n");
  const { bound: second } = next.split;
  await using last = await OpenSource.open(following(log), { position: next.position, bound: second!, bounded: true });

  assertEquals([await last.start().take(), last.split.status], [[], "finished"]);
});

test("a bounded run takes what was rotated in between while the job was down", async (dir) => {
  const log = `${dir}/app.log`;
  write(log, "1\n2\n");
  await using first = await OpenSource.open(following(log), { bounded: true });
  assertEquals(await first.start().take(), ["1", "2"]);
  for (const line of ["3", "4", "5"]) {
    if (line === "4") rename(`${log}.1`, `${log}.2`);
    if (line === "5") {
      rename(`${log}.2`, `${log}.3`);
      rename(`${log}.1`, `${log}.2`);
    }
    rename(log, `${log}.1`);
    write(log, `${line}\n`);
  }
  await using next = await OpenSource.open(following(log), { position: first.position, bounded: true });

  assertEquals([await next.start().take(), next.split.status], [["3", "4", "5"], "finished"]);
});

test("a log behind a link is followed where it lies, and where the link leads next", async (dir) => {
  await Deno.mkdir(`${dir}/logs`);
  const log = `${dir}/logs/0.log`;
  const link = `${dir}/app.log`;
  write(log, "1\n");
  await Deno.symlink("logs/0.log", link);
  const { position } = await readFrom(link);
  append(log, "2\n");
  rename(log, `${log}.20260101-120000`);
  write(log, "3\n");
  const next = await readFrom(link, position);
  assertEquals(next.values, ["2", "3"]);
  await using source = await OpenSource.open(following(link), { position: next.position });
  source.start();
  append(log, "4\n");
  write(`${dir}/logs/1.log`, "5\n");
  await Deno.remove(link);
  await Deno.symlink("logs/1.log", link);

  assertEquals([await readOn(source), source.log.lines], [["4", "5"], []]);
});

test("a rotated file that was compressed while the job was down is gone on with in its text", async (dir) => {
  const log = `${dir}/app.log`;
  write(log, "1\n2\n");
  const { position } = await readFrom(log);
  write(`${log}.2.gz`, gzipSync("1\n2\n3\n"));
  write(`${log}.1.gz`, gzipSync("4\n"));
  remove(log);
  write(log, "5\n");
  const { values, log: words } = await readFrom(log, position);

  assertEquals(values, ["3", "4", "5"]);
  assertEquals(words, [
    `info: "${log}.2.gz" is not the file that was read at the last commit, but has the same beginning, and the same bytes ` +
    "before byte 4: goes on there",
  ]);
});

test("watch: a directory knows a renamed file again, and its compressed copy", async (dir) => {
  await using source = await OpenSource.open(following(dir));
  source.start();
  let expected = 0;
  for (let round = 1; round <= 4; round++) {
    write(`${dir}/app.log`, `${round} a\n${round} b\n`);
    assertEquals(await readOn(source), [`${round} a`, `${round} b`]);
    append(`${dir}/app.log`, `${round} c\n`);
    for (let old = round; old > 1; old--) {
      if (old === 3) {
        write(`${dir}/app.log.3.gz`, gzipSync(read(`${dir}/app.log.2`)));
        remove(`${dir}/app.log.2`);
      } else if (old < 3) rename(`${dir}/app.log.${old - 1}`, `${dir}/app.log.${old}`);
      else remove(`${dir}/app.log.3.gz`);
    }
    rename(`${dir}/app.log`, `${dir}/app.log.1`);
    assertEquals(await readOn(source), [`${round} c`]);
    expected++;
    const { position } = source;
    await using again = await OpenSource.open(following(dir), { position });
    assertEquals([await readOn(again.start()), again.log.lines], [[], []], `restart ${round}`);
  }
  assertEquals([expected, source.log.lines], [4, []]);
});

test("a file with two names is read once", async (dir) => {
  write(`${dir}/a`, "1\n");
  await Deno.link(`${dir}/a`, `${dir}/b`);
  await Deno.symlink(`${dir}/a`, `${dir}/c`);
  assertEquals((await readFrom(dir)).values, ["1"]);
});

// ------------------------------------------------------------------------------------- files that are not what they were

test("a file that was cut or overwritten is an error that says what is there", async (dir) => {
  const log = `${dir}/c.csv`;
  const options = { path: log, format: new CsvReaderFormat(), watch: true };
  const cases = [
    ["shorter", "id\n", `it has 3 bytes now, so it was cut or replaced`],
    ["longer", "id,name,v\n10,x,a\n20,y,b\n30,z,c\n40,w,d\n", "it has other bytes before that now"],
    ["with the same beginning", "id,v\n1,a\n3,b\n4,c\n", "it has other bytes before that now"],
  ] as const;
  for (const [what, text, found] of cases) {
    write(log, "id,v\n1,a\n2,b\n");
    await using source = await OpenSource.open(options);
    assertEquals((await source.start().take()).length, 2);
    const { position } = source;
    write(log, text); // the same object
    await source.look();
    await assertRejects(
      () => source.take(),
      JobError,
      `Cannot go on reading "${log}" at byte 13: ${found}`,
      `running, ${what}`,
    );
    await assertRejects(
      () => OpenSource.open(options, { position }),
      JobError,
      `Cannot go on reading "${log}" at byte 13 (line 4): it was cut or overwritten, it has ${text.length} bytes now and ` +
        "not those that were read; put it back, or forget the job's commit with --reset",
      `after a restart, ${what}`,
    );
  }
});

test("a long file is known by its beginning and by what lies before the position, each by itself", async (dir) => {
  const log = `${dir}/app.log`;
  const lines = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => `line ${from + i}\n`).join("");
  const text = lines(1_000, 2_000); // of ten bytes each
  for (
    const [what, changed] of [
      ["its beginning", text.replace("line 1001", "lime 1001")],
      ["what lies before the position", text.replace("line 1990", "lime 1990")],
      ["a line more, in its middle", `${lines(1_000, 1_500)}more\n${lines(1_500, 2_000)}`],
    ] as const
  ) {
    for (const inPlace of [true, false]) {
      write(log, text);
      const { position } = await readFrom(log);
      write(inPlace ? log : `${dir}/.new`, changed + lines(2_000, 2_100));
      if (!inPlace) rename(`${dir}/.new`, log);
      await assertRejects(() => readFrom(log, position), JobError, `Cannot go on reading "${log}" at byte 10000`, what);
    }
  }
});

test("a file that is overwritten while it is being read ends the job before its bytes are records", async (dir) => {
  const log = `${dir}/app.log`;
  const lines = (what: string) => Array.from({ length: 300_000 }, (_, index) => `${what} ${index}\n`).join("");
  write(log, lines("good"));
  await using source = await OpenSource.open({ path: log, format });
  const values = await source.start().take(1);
  write(log, lines("evil"));

  await assertRejects(
    async () => {
      while (source.split.status !== "finished") values.push(...await source.take(1_000));
    },
    JobError,
    "it has other bytes before that now, so it was cut or overwritten",
  );
  assertEquals(values.filter((line) => !line.startsWith("good")), []);
});

test("after a restart another file in the place of one that is gone is reported, whether or not all of that was read", async (dir) => {
  const log = `${dir}/app.log`;
  for (const path of [log, dir]) {
    write(log, "1\n2\n");
    const { position } = await readFrom(path);
    write(`${dir}/.new`, "3\n4\n5\n");
    rename(`${dir}/.new`, log);
    await assertRejects(
      () => OpenSource.open(following(path), { position }),
      JobError,
      `Cannot go on reading "${log}" at byte 4 (line 3): another file has taken its name, of 6 bytes and with another ` +
        "beginning, and the one that was read is not beside it under another name; put it back, or forget",
    );
    remove(log);
  }
  write(log, "1\n2\n");
  const { position } = await readFrom(log);
  remove(log);
  await assertRejects(
    () => OpenSource.open(following(log), { position }),
    JobError,
    `Cannot go on reading "${log}" at byte 4 (line 3): it is gone`,
  );
});

test("watch: while the job runs, a file that is replaced has been read to its end, and the new one is read", async (dir) => {
  const log = `${dir}/app.log`;
  write(log, "1\n2\n");
  await using source = await OpenSource.open(following(log));
  await source.start().take();
  append(log, "3\n");
  remove(log);
  assertEquals(await readOn(source), ["3"]);
  write(log, "4\n5\n");

  assertEquals([await readOn(source), source.log.lines], [["4", "5"], []]);
});

test("a file with the same text so far goes on whatever its object is: an editor saved it, or it was copied back", async (dir) => {
  const log = `${dir}/app.log`;
  write(log, "1\n2\n");
  const { position } = await readFrom(log);
  write(`${dir}/.new`, "1\n2\n3\n");
  rename(`${dir}/.new`, log);
  const { values, position: then, log: words } = await readFrom(log, position);
  assertEquals([values, words.length], [["3"], 1]);
  assertEquals((await readFrom(log, then)).log, []);
});

test("a file of a directory that grows, or is replaced, after it was read is logged", async (dir) => {
  for (const name of ["a", "b", "c"]) write(`${dir}/${name}`, `${name}\n`);
  await using source = await OpenSource.open(following(dir));
  await source.start().take();
  append(`${dir}/a`, "more\n");
  write(`${dir}/.b`, "another\n");
  rename(`${dir}/.b`, `${dir}/b`);
  await readOn(source);
  const words = [
    `warn: "${dir}/a" has grown from 2 to 7 bytes since it was read, and what was added is not read: ` +
    "only the file with the last name may grow; a log file that is rotated is followed when path names it",
    `warn: Files in "${dir}" came late and are not read: "b"; "c" is read already, give them names that sort after it`,
  ];
  assertEquals(source.log.lines, words);
  assertEquals((await readFrom(dir, source.position)).log, words);
});

test("a file that grows from three bytes is known by what had been read of it", async (dir) => {
  const log = `${dir}/app.log`;
  write(log, "a\nb");
  const { position } = await readFrom(log);
  assertEquals((position as { id: { head: Json[] } }).id.head[0], 2);
  append(log, `${"c".repeat(3_000)}\nd\n`);
  const grown = await readFrom(log, position);
  assertEquals(grown.values, [`b${"c".repeat(3_000)}`, "d"]);
  assertEquals((grown.position as { id: { head: Json[] } }).id.head[0], 1_024);
  append(log, "e\n");

  assertEquals((await readFrom(log, grown.position)).values, ["e"]);
});

test("a commit of before, which names its file only, is taken once and gets an identity", async (dir) => {
  write(`${dir}/a`, "1\n");
  write(`${dir}/b`, "2\n3\n");
  const golden = '{"file":"b","offset":2,"line":2,"done":["a"],"doneBefore":0}';
  const { values, position } = await readFrom(dir, JSON.parse(golden));
  assertEquals(values, ["3"]);
  const { id, doneIds, ...rest } = position as Record<string, Json>;
  assertEquals(rest, { file: "b", offset: 4, line: 3, done: ["a"], doneBefore: 0, atEnd: true });
  assertEquals([(id as { head: Json[] }).head[0], doneIds], [4, [null]]);
  await using bounded = await OpenSource.open({ path: dir, format }, {
    position: JSON.parse(golden),
    bound: JSON.parse('{"file":"b","offset":4}'),
  });
  assertEquals([await bounded.start().take(), bounded.split.status], [["3"], "finished"]);
});

test("where there are no inodes a file is known by its bytes", async (dir) => {
  const { stat } = Deno;
  const { stat: statOpen } = Deno.FsFile.prototype;
  const without = (info: Deno.FileInfo) => ({ ...info, ino: null, dev: 0, birthtime: new Date(0) });
  Deno.stat = async (path) => without(await stat(path));
  Deno.FsFile.prototype.stat = async function () {
    return without(await statOpen.call(this));
  };
  try {
    const log = `${dir}/app.log`;
    write(log, "1\n2\n");
    await using source = await OpenSource.open(following(log));
    assertEquals(await readOn(source.start()), ["1", "2"]);
    const { position } = source;
    append(log, "3\n");
    assertEquals(await readOn(source), ["3"]);
    rename(log, `${log}.1`);
    write(log, "4\n5\n6\n7\n");
    assertEquals(await readOn(source), ["4", "5", "6", "7"]);
    assertEquals((await readFrom(log, position)).values, ["3", "4", "5", "6", "7"]);
    assertEquals((await readFrom(log, source.position)).values, []);
  } finally {
    Deno.stat = stat;
    Deno.FsFile.prototype.stat = statOpen;
  }
});

// ------------------------------------------------------------------------------------------------------ against a model

type Step =
  | { readonly do: "append"; readonly lines: number; readonly cut: boolean }
  | { readonly do: "rotate"; readonly created: boolean }
  | { readonly do: "copytruncate" | "overwrite" | "remove" | "look" | "compress" }
  | { readonly do: "take"; readonly count: number }
  | { readonly do: "restart"; readonly clean: boolean };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant("append" as const), lines: fc.nat(5), cut: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("rotate" as const), created: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("take" as const), count: fc.nat(8) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("look" as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("restart" as const), clean: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("copytruncate" as const, "overwrite" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("remove" as const, "compress" as const) }) },
);

/** A log file and its writer, which numbers its lines, and the job that reads it. */
class World implements AsyncDisposable {
  readonly log: string;
  readonly written: string[] = [];
  /** What the job has taken, as its last commit and its records since have it. */
  taken: (string)[] = [];
  /** Whether something happened that no reader could bridge. */
  damaged = false;
  unseen = false;
  #open = "";
  #rotated = 0;
  #damagedFile: number | undefined;
  #committed: { position: Json; taken: string[] } | undefined;
  source!: OpenSource<string>;

  constructor(dir: string) {
    this.log = `${dir}/app.log`;
    write(this.log, "");
  }

  async start(): Promise<void> {
    const committed = this.#committed;
    this.source = await OpenSource.open(following(this.log), committed && { position: committed.position });
    this.taken = [...committed?.taken ?? []];
    this.#committed ??= { position: this.source.position, taken: [] };
    this.source.start();
  }

  async run(step: Step): Promise<void> {
    const { log } = this;
    switch (step.do) {
      case "append": {
        for (let i = 0; i < step.lines; i++) {
          const line = `${this.#open}line ${this.written.length}`;
          append(log, `${this.#open === "" ? line : line.slice(this.#open.length)}\n`);
          this.#open = "";
          this.written.push(line);
        }
        if (step.cut && this.#open === "") append(log, this.#open = `begun ${this.written.length} `);
        return;
      }
      case "rotate": {
        if (!exists(log)) return;
        for (let i = this.#rotated; i >= 1; i--) {
          for (const end of ["", ".gz"]) {
            if (exists(`${log}.${i}${end}`)) rename(`${log}.${i}${end}`, `${log}.${i + 1}${end}`);
          }
        }
        rename(log, `${log}.1`);
        this.#rotated++;
        if (this.#open !== "") this.written.push(this.#open); // its last line is complete as it is
        this.#open = "";
        if (step.created) write(log, "");
        return;
      }
      case "compress": {
        if (!exists(`${log}.2`)) return;
        // A file is known by its inode or by what was read of it: before that nothing says whose copy this is.
        const begun = (position: Json) => (position as { offset: number }).offset > 0;
        if (!begun(this.source.position) || !begun(this.#committed!.position)) this.damaged = this.unseen = true;
        write(`${log}.2.gz`, gzipSync(read(`${log}.2`)));
        remove(`${log}.2`);
        return;
      }
      case "copytruncate":
      case "overwrite":
      case "remove": {
        if (!exists(log)) return;
        this.damaged = true;
        // What goes before the job has seen the file, or has read a byte of what is cut off, leaves no trace.
        const { id, offset } = this.source.position as { id: { ino: number }; offset: number };
        this.#damagedFile = inodeOf(log);
        if (id.ino !== this.#damagedFile || step.do !== "remove" && offset === 0) this.unseen = true;
        if (this.#open !== "") this.written.push(this.#open);
        this.#open = "";
        if (step.do === "remove") return remove(log);
        write(log, "");
        if (step.do === "overwrite") await this.run({ do: "append", lines: 4, cut: false });
        return;
      }
      case "take":
        return void this.taken.push(...await this.source.take(step.count));
      case "look":
        this.taken.push(...await this.source.take());
        await this.source.look();
        return;
      case "restart":
        if (step.clean) this.#committed = { position: this.source.position, taken: [...this.taken] };
        await this.source[Symbol.asyncDispose]();
        // A commit from before the first byte of a file knows of none.
        if (this.#damagedFile !== undefined) {
          const { id, offset } = this.#committed!.position as { id: { ino: number }; offset: number };
          if (id.ino !== this.#damagedFile || offset === 0) this.unseen = true;
        }
        return await this.start();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.source[Symbol.asyncDispose]();
  }
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

test("whatever is written, rotated, cut and restarted: each line comes once, or the job ends with a sentence", async (dir) => {
  const seen = { whole: 0, reported: 0 };
  let run = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30, size: "max" }), async (steps) => {
      const place = `${dir}/${run++}`;
      await Deno.mkdir(place);
      const world = new World(place);
      await world.start();
      let reported: JobError | undefined;
      try {
        for (const step of steps) await world.run(step);
        await world.run({ do: "append", lines: 1, cut: false }); // what lies in a rotated file is complete now
        world.taken.push(...await readOn(world.source));
      } catch (error) {
        if (!(error instanceof JobError)) throw error;
        reported = error;
      } finally {
        await world[Symbol.asyncDispose]();
      }
      const words = [...reported === undefined ? [] : [reported.message], ...world.source.log.lines];
      assertEquals(new Set(world.taken).size, world.taken.length, "a line comes twice");
      if (words.length === 0 && !world.unseen) assertEquals(world.taken, world.written);
      else assert(world.damaged, `nothing was lost: ${words}`);
      seen[words.length > 0 ? "reported" : "whole"]++;
    }),
    { seed: 13, numRuns: 150 },
  );
  assert(seen.whole > 20 && seen.reported > 20, JSON.stringify(seen));
});
