/**
 * Keeps the code in the words of the field: what Kafka, Flink and engineers call a thing. The list of words is closed, and
 * each names the word to use instead. `deno run --allow-read tests/words_test.ts` prints all offences with their lines.
 */
import { assertEquals } from "@std/assert";

const ROOT = new URL("../", import.meta.url);

/** Where a rule looks: at all text, at code without comments, at comments, or at comments under `src`. */
type Scope = "all" | "code" | "comments" | "comments of src";

interface Rule {
  readonly pattern: RegExp;
  readonly instead: string;
  /** Default "all". */
  readonly scope?: Scope;
  /** Names of files that may say it, each with its reason beside it. */
  readonly except?: readonly string[];
}

// ---------------------------------------------------------------------------------------------------------- the words

/** Words that are written in one way only. */
const WORDS: readonly Rule[] = [
  { pattern: /\blikewise\b/i, instead: "write out what it does: a doc comment is shown without its neighbours" },
  {
    // In quotes it is the name under which commits store a reduce's value, which cannot change.
    pattern: /(?<!")\bso_?far\b(?!")/i,
    instead: '"accumulated" in code, "so far" in prose',
  },
  { pattern: /\bcan not\b/i, instead: '"cannot"' },
  {
    pattern: /(?<!\bthere )\b(is|are|was|were|be) none\b/i,
    instead: 'name what it is not: "if it is not a codec", "has no side outputs"',
  },
  {
    pattern: /\b(told|tell|tells|telling)\b(?!.*\b(from|apart)\b)/i,
    instead: "log, report, deliver, say, show or answer; to tell A from B is fine",
  },
  { pattern: /\bput(s|ting)? (it |them )?aside\b/i, instead: '"becomes a dead letter", or "is kept"' },
  { pattern: /bur(y|ied|ies)\b|\bmayBury/i, instead: '"dead letter" for a record, "delete" for anything else' },
  { pattern: /words to (people|a person)/i, instead: '"log" or "report"' },
];

/** Names that had to be explained, each with one that has not. */
const NAMES: readonly Rule[] = [
  name(/\bSilence\b/, "ProcessingTimeAdvance or IdleEventTime"),
  name(/\bSilenceWatch\b|silence_watch/, "QuietTopicNotice"),
  name(/\bShared\b/, "AttemptContext"),
  name(/\bWired\b|\bRunningParts\b|\bTaskParts\b|\bLeaseParts\b/, "say what it holds: RunningJob, LeaseOptions"),
  name(/unlessLost/, "abortedBy(signal, promise)"),
  {
    ...name(/\bstamps\b|[a-z]Stamps\b/, "compatibility() or stateDependsOn()"),
    // The field in which commits store it: it cannot change.
    except: ["commit_texts.ts", "commit_format_test.ts", "state_test.ts", "job_run_test.ts", "window_restart_test.ts"],
  },
  name(/turnTo/, "bind(), setCurrentKey(), setCurrentRecord()"),
  name(/giveReady|\bLaterResults\b/, "emitReady, PendingResults"),
  {
    ...name(/\bpassive\b|\bbypass\b|#giver\b/, "ignoresTime, timeThrough, timeFrom"),
    // A flag of Redpanda's.
    except: ["compose_test.ts"],
  },
  name(/stranger/i, "unknown…"),
  name(/homeless/i, "orphaned"),
  name(/\bbefores\b/, "previousValues"),
  name(/\botherwise\??:|\.otherwise\b/, "fallback: a flag has a default already"),
  name(/\bTaken\b/, "Narrowed (of a type), Acquired (of a lease)"),
  name(/function require\b/, "guard(): publishing takes require() for CommonJS"),
  name(/\bWithComparable\b|\bWithNumber\b/, "HasComparable, HasNumber"),
  name(/\bOpenBroker\b/, "JobBroker: openBroker is the function"),
  name(/\bAdvisor\b|\bAdvice\b/, "StartupHints"),
  name(
    /\bTextRun\b|\bTextArena\b|\bPackedRecord\b|\bRecordView\b|\bKnownShapes\b/,
    "EncodeBuffer, EncodedRecord, FetchedRecord, ShapeCache",
  ),
  name(/_A_LOOK\b|_AN_AGE\b|LAST_WORDS|THEN_ONE_IN/, "RECORDS_PER_…, …_MS"),
];

function name(pattern: RegExp, instead: string): Rule {
  return { pattern, instead, scope: "code" };
}

/** Measured figures grow old where they stand beside code: machine, date and command stand in bench/NOTES.md. */
const FIGURE: Rule = {
  pattern: new RegExp(
    [
      /\d\s?(µs|ns|%|MB|GB)(?!\w)/,
      /(?<!["\d.])\b\d[\d.,]* ?[kM]?\/s\b/,
      /\b(\d+|two|three|four|five|ten|twice) times as\b|\btimes (faster|slower)\b/,
      /\b(took|takes?|costs?|spends?|spent) (some |about )?\d/,
      /\b(instead of|against) (some )?\d+\.\d/,
    ].map(({ source }) => source).join("|"),
  ),
  instead: "keep the reason here and move the figure to bench/NOTES.md, with machine, date and command",
  scope: "comments of src",
};

/** Doc comments of which the whole text points elsewhere. */
const LEANING =
  /\/\*\*[\s*]*((?:see|as) (?:(?:\{@link [^}]+\}|`[^`]+`)(?:'s)?|above|below|there)[^.]{0,20}\.?)[\s*]*\*\//gi;

// --------------------------------------------------------------------------------------------------------- the search

interface Offence {
  readonly file: string;
  readonly line: number;
  readonly found: string;
  readonly instead: string;
}

/** Files with text that is not ours, or that is kept as it was written: results, stored commits, other projects' documents. */
const NOT_OURS =
  /^(tests\/words_test\.ts|tests\/golden\/v1\/.*|tests\/compose\/.*|bench\/RESULTS\.md|docs\/CHANGELOG\.md)$/;

async function* files(folder = ""): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(new URL(folder || ".", ROOT))) {
    const path = folder + entry.name;
    if (entry.name.startsWith(".") || entry.name === "node_modules" || entry.name === "target") continue;
    if (entry.isDirectory) yield* files(`${path}/`);
    else if (/\.(ts|md|java)$/.test(entry.name) && !NOT_OURS.test(path)) yield path;
  }
}

/** The comment in a line, by its look: `//` behind a blank, or a line of a block that begins with `*`. */
function splitLine(line: string): { code: string; comment: string } {
  if (/^\s*(\/\*|\*)/.test(line)) return { code: "", comment: line };
  const at = /(^|\s)\/\//.exec(line)?.index;
  return at === undefined ? { code: line, comment: "" } : { code: line.slice(0, at), comment: line.slice(at) };
}

function offencesIn(file: string, text: string): Offence[] {
  const found: Offence[] = [];
  const isText = file.endsWith(".md");
  const rules = [...WORDS, ...(isText ? [] : NAMES), ...(/^src\//.test(file) ? [FIGURE] : [])]
    .filter(({ except }) => !except?.some((name) => file.endsWith(`/${name}`)));
  text.split("\n").forEach((line, index) => {
    const { code, comment } = isText ? { code: "", comment: line } : splitLine(line);
    for (const { pattern, instead, scope = "all" } of rules) {
      const match = pattern.exec(scope === "all" ? line : scope === "code" ? code : comment);
      if (match !== null) found.push({ file, line: index + 1, found: match[0], instead });
    }
  });
  if (!isText) {
    for (const match of text.matchAll(LEANING)) {
      const line = text.slice(0, match.index).split("\n").length;
      found.push({ file, line, found: match[1]!, instead: "write out what it says there: a doc comment stands alone" });
    }
  }
  return found;
}

async function allOffences(): Promise<Offence[]> {
  const found: Offence[] = [];
  for await (const file of files()) found.push(...offencesIn(file, await Deno.readTextFile(new URL(file, ROOT))));
  return found.sort((a, b) => a.file.localeCompare(b.file) || a.line - b.line);
}

function sentence({ file, line, found, instead }: Offence): string {
  return `${file}:${line}: "${found}": ${instead}`;
}

// ----------------------------------------------------------------------------------------------------------- the tests

const mayRead = Deno.permissions.querySync({ name: "read" }).state === "granted";

Deno.test({
  name: "All code, tests and documents use the words of the field",
  ignore: !mayRead,
  async fn() {
    assertEquals((await allOffences()).map(sentence), []);
  },
});

Deno.test("offencesIn() finds a word, a name, a figure and a doc comment that leans, and says what to write", () => {
  const text = [
    "/** See {@link Other}. */",
    "const stamps = 1;",
    "// It can not take 0.3 µs, in stamps.",
    'throw new Error("It is none");',
    "// There is none, so far: it tells one from the other.",
  ].join("\n");
  assertEquals(offencesIn("src/a.ts", text).map(({ line, found }) => [line, found]), [
    [2, "stamps"],
    [3, "can not"],
    [3, "take 0"],
    [4, "is none"],
    [1, "See {@link Other}."],
  ]);
  // Figures are allowed outside of src, names in documents.
  assertEquals(offencesIn("bench/a.ts", "// 0.3 µs"), []);
  assertEquals(offencesIn("docs/a.md", "the stamps"), []);
});

if (import.meta.main) {
  const lines = (await allOffences()).map((offence) => `${sentence(offence)}\n`);
  await Deno.stdout.write(new TextEncoder().encode(lines.join("")));
}
