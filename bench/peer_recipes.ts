/** What each peer is made of: its version, its files in `bench/peers/`, what building it needs here, and how it is built. */
import { outputOf, run } from "../src/cli/commands.ts";

/** Other engines first, then loops that somebody wrote by hand for these two jobs. */
export const PEER_NAMES = [
  "java-flink",
  "flink-sql",
  "kafka-streams",
  "quixstreams",
  "go-loop",
  "rust-loop",
  "rust-by-hand",
] as const;

export type PeerName = typeof PEER_NAMES[number];

export interface Recipe {
  /** Of the engine or library; that of Java and Rust ones stands in their own files too. */
  readonly version: string;
  /** Its files below `bench/peers/`; the first part of each path is its folder. */
  readonly sources: readonly string[];
  /** Why it cannot be built here, as a sentence; undefined if it can. */
  missing(): Promise<string | undefined>;
  /** @param to the folder for what is built, absolute @param log logs what the build prints */
  build(to: string, log: (line: string) => void): Promise<void>;
}

const RUST_SOURCES = [
  "rust-loop/Cargo.toml",
  "rust-loop/Cargo.lock",
  ...["lib", "partition", "records", "statistics"].map((name) => `rust-loop/src/${name}.rs`),
];

export const RECIPES: Readonly<Record<PeerName, Recipe>> = {
  "java-flink": {
    version: "2.0.1",
    sources: ["flink-java/pom.xml", "flink-java/src/main/java/peer/Job.java"],
    missing: missingJava,
    build: buildJava("flink-java"),
  },
  "flink-sql": {
    version: "2.0.1",
    sources: ["flink-sql/pom.xml", "flink-sql/src/main/java/peer/SqlJob.java"],
    missing: missingJava,
    build: buildJava("flink-sql"),
  },
  "kafka-streams": {
    version: "4.1.0",
    sources: ["kafka-streams/pom.xml", "kafka-streams/src/main/java/Job.java"],
    missing: missingJava,
    build: buildJava("kafka-streams"),
  },
  "quixstreams": {
    version: "3.28.1",
    sources: ["quix/job.py"],
    missing: async () =>
      await python() === undefined ? "there is no python3 of version 3.11 or newer; install one" : undefined,
    async build(to, log) {
      await run("build it", (await python())!, ["-m", "venv", `${to}/venv`], log);
      await run("build it", `${to}/venv/bin/pip`, ["install", "-q", "quixstreams==3.28.1"], log);
    },
  },
  "go-loop": {
    version: "franz-go 1.22.3",
    sources: ["go.mod", "go.sum", "main.go", "records.go", "statistics.go"].map((name) => `go-loop/${name}`),
    missing: async () =>
      await outputOf("go", ["version"]) === undefined ? "there is no go; install Go from https://go.dev" : undefined,
    build: (to, log) => run("build it", "go", ["build", "-C", folderOf("go-loop"), "-o", `${to}/go-loop`, "."], log),
  },
  "rust-loop": {
    version: "librdkafka 2.12.1",
    sources: [...RUST_SOURCES, "rust-loop/src/bin/librdkafka.rs"],
    missing: async () =>
      await missingRust() ??
        (await outputOf("make", ["--version"]) === undefined
          ? "there is no make, by which librdkafka is built; install it"
          : undefined),
    build: (to, log) => run("build it", "cargo", [...cargo(to, "librdkafka"), "--features", "librdkafka"], log),
  },
  "rust-by-hand": {
    version: "sonic-rs 0.5.10",
    sources: [
      ...RUST_SOURCES,
      ...["main", "wire", "connection", "consumer", "producer"].map((name) => `rust-loop/src/bin/by_hand/${name}.rs`),
    ],
    missing: missingRust,
    build: (to, log) => run("build it", "cargo", cargo(to, "by-hand"), log),
  },
};

/** A folder below `bench/peers/`. */
export function folderOf(name: string): string {
  return new URL(`peers/${name}`, import.meta.url).pathname;
}

function cargo(to: string, program: string): string[] {
  const manifest = `${folderOf("rust-loop")}/Cargo.toml`;
  return [
    "build",
    "--quiet",
    "--release",
    "--locked",
    "--manifest-path",
    manifest,
    "--target-dir",
    to,
    "--bin",
    program,
  ];
}

function buildJava(folder: string): Recipe["build"] {
  return async (to, log) => {
    const goals = ["package", "dependency:copy-dependencies", `-DoutputDirectory=${to}/jars`];
    const pom = `${folderOf(folder)}/pom.xml`;
    await run("build it", "mvn", ["-q", "-B", "-f", pom, `-Dpeer.build=${to}/build`, ...goals], log);
  };
}

/** What Java peers need. */
export async function missingJava(): Promise<string | undefined> {
  const java = await outputOf("java", ["-version"]);
  if (Number(/version "(\d+)/.exec(java ?? "")?.[1] ?? 0) < 17) return "there is no java; install a Java 17 runtime";
  return await outputOf("mvn", ["-v"]) === undefined ? "there is no mvn; install Apache Maven" : undefined;
}

async function missingRust(): Promise<string | undefined> {
  if (await outputOf("cargo", ["--version"]) === undefined) {
    return "there is no cargo; install Rust from https://rustup.rs";
  }
  return await outputOf("cc", ["--version"]) === undefined ? "there is no C compiler; install one" : undefined;
}

/** The first of the usual names that is new enough. */
async function python(): Promise<string | undefined> {
  for (const command of ["python3", "python3.13", "python3.12", "python3.11"]) {
    const [, major, minor] = /Python (\d+)\.(\d+)/.exec(await outputOf(command, ["--version"]) ?? "") ?? [];
    if (Number(major) === 3 && Number(minor) >= 11) return command;
  }
  return undefined;
}
