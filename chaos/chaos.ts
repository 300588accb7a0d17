/**
 * `deno task chaos`: proves on this machine that a job which is killed loses nothing and does nothing twice.
 *
 * It starts the workflows of lessons 16 and 20 as processes of their own, ends them with SIGKILL (what `kill -9` and a
 * machine that runs out of memory do) at random instants and at every step of a commit, a restore, a start and an end,
 * starts them again, and compares all that they have committed with an undisturbed run: output and dead letters record for
 * record, state entry for entry. Its exit code is 1 if anything differs.
 *
 * Every kill hits a job that has committed something new since the last kill and has not reached its end; only a job that
 * begins from `latest` is killed, again and again, before its first output: it must not forget where it began.
 *
 * With `--soak 60m` it runs both jobs as one pipeline for an hour of event time, and measures their processes.
 * With `--edits 50` lesson 20 is edited while `deno task dev` runs it.
 * With `--flink` both jobs run as one pipeline on a Flink cluster, whose processes are killed and frozen.
 * With `--brokers 3` both jobs run in two processes each over a cluster of Kafka brokers, whose partition leaders move while
 * brokers and processes are killed and frozen; the input comes from Kafka's own clients, and they read the output.
 */
import { startKafka } from "../src/cli/kafka.ts";
import { openBroker } from "../src/connectors/mod.ts";
import type { Flags, Logger } from "../src/utils.ts";
import {
  brokerSettings,
  createLogger,
  formatCount,
  oneOf,
  parseFlags,
  parsePositiveDuration,
  runMain,
  UsageError,
  wholeNumber,
  writeOutput,
} from "../src/utils.ts";
import { behindRedpanda } from "./behind_redpanda.ts";
import { ChaosError } from "./chaos_error.ts";
import { CLUSTER_FLAGS, disturbCluster } from "./cluster/command.ts";
import { type EditsOptions, runEdits } from "./edits/run.ts";
import { disturbFlink, FLINK_FLAGS } from "./flink/command.ts";
import { type ChaosOptions, differs, runChaos } from "./experiment.ts";
import { runSoak, type SoakOptions } from "./soak.ts";
import { complaintsOf, soakText } from "./soak_report.ts";
import { table } from "./table.ts";

const FLAGS = {
  runs: {
    value: "N",
    parse: wholeNumber({ min: 1 }),
    help: "kills, shared among the jobs (default: 50, with --soak and --flink 30)",
  },
  soakMs: {
    name: "soak",
    value: "DURATION",
    parse: parsePositiveDuration,
    help:
      "instead: both jobs as one pipeline, 5,000 records a second for so much event time; watches memory (from 10m on) and sockets",
  },
  edits: {
    value: "N",
    parse: wholeNumber({ min: 1 }),
    help: 'instead: s20 is edited so many times while "deno task dev" runs it; some versions do not fit',
  },
  ...CLUSTER_FLAGS,
  ...FLINK_FLAGS,
  seed: {
    value: "N",
    default: "1",
    parse: wholeNumber({ min: 0 }),
    help: "decides the bookings, random instants and the order of fault points",
  },
  broker: {
    value: "embedded|kafka",
    default: "embedded",
    parse: oneOf("embedded", "kafka"),
    help: "a new embedded log, or the Kafka of BOOTSTRAP_SERVERS; where that is not set, one is started",
  },
  as: {
    value: "redpanda",
    parse: oneOf("redpanda"),
    help: "that Kafka behind a proxy that behaves like Redpanda: its request versions, and the error -1 now and then",
  },
  job: {
    value: "s16|s20",
    parse: oneOf("s16", "s20"),
    help: "only this one (default: both)",
  },
  sessionTimeoutMs: {
    name: "session-timeout",
    value: "DURATION",
    parse: parsePositiveDuration,
    help: "when Kafka counts a killed process as dead; it may require at least 6s (default: 1s, with --as 6s)",
  },
} as const satisfies Flags;

async function main(signal: AbortSignal): Promise<void> {
  const { as, broker, brokers, durationMs, edits, flink, job, part, runs, seed, soakMs, transactionVersion, ...flags } =
    parseFlags(
      Deno.args,
      FLAGS,
      {
        command: "deno task chaos",
        describe: "Kills jobs at random instants and at every step of a commit, and compares what they leave behind.",
      },
    );
  if (soakMs !== undefined && job !== undefined) {
    throw new UsageError("Cannot use --job together with --soak: s20 reads there what s16 writes");
  }
  if (as !== undefined && broker !== "kafka") {
    throw new UsageError("Cannot use --as without --broker kafka: no proxy stands before the embedded log");
  }
  const sessionTimeoutMs = flags.sessionTimeoutMs ?? (as === undefined ? 1_000 : 6_000);
  const logger = createLogger();
  if (flink) {
    if (
      [as, brokers, durationMs, edits, job, soakMs, transactionVersion, flags.sessionTimeoutMs].some((flag) =>
        flag !== undefined
      )
    ) {
      throw new UsageError("Cannot use --flink together with other flags than --part, --runs and --seed");
    }
    return await disturbFlink({ runs, part, seed, signal }, logger);
  }
  if (part !== undefined) throw new UsageError("Cannot use --part without --flink");
  if (brokers !== undefined) {
    if ([as, job, runs, soakMs, flags.sessionTimeoutMs].some((flag) => flag !== undefined)) {
      throw new UsageError(
        "Cannot use --as, --job, --runs, --soak or --session-timeout together with --brokers: both jobs run until --duration is over",
      );
    }
    return await disturbCluster({ brokers, transactionVersion, durationMs, seed, signal }, logger);
  }
  if (durationMs !== undefined || transactionVersion !== undefined) {
    throw new UsageError("Cannot use --duration or --transaction-version without --brokers");
  }
  if (edits !== undefined && [as, job, runs, soakMs, flags.sessionTimeoutMs].some((flag) => flag !== undefined)) {
    throw new UsageError("Cannot use --as, --job, --runs, --soak or --session-timeout together with --edits");
  }
  const lessons = job === undefined ? ["s16", "s20"] as const : [job];
  const experiment: Experiment = edits !== undefined
    ? (place) => edit({ ...place, edits }, logger)
    : soakMs === undefined
    ? (place) => kill({ ...place, lessons, runs: runs ?? 50, seed, sessionTimeoutMs }, logger)
    : (place) => soak({ ...place, durationMs: soakMs, kills: runs ?? 30, seed, sessionTimeoutMs }, logger);
  if (broker === "embedded") return await onEmbeddedLog(experiment, logger, signal);
  const onServers = (servers: string) =>
    onBroker({ BROKER: "kafka", BOOTSTRAP_SERVERS: servers }, experiment, logger, signal);
  await onKafka(as === undefined ? onServers : (servers) => behindRedpanda(servers, onServers, logger), logger);
}

/** The broker of an experiment, and the signal that ends it. */
type Place = Pick<ChaosOptions, "port" | "env"> & { readonly signal: AbortSignal };
type Experiment = (place: Place) => Promise<void>;

async function onEmbeddedLog(experiment: Experiment, logger: Logger, signal: AbortSignal): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "chaos-" });
  try {
    await onBroker({ BROKER: "embedded", BROKER_DIR: dir }, experiment, logger, signal);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

async function onKafka(experiment: (servers: string) => Promise<void>, logger: Logger): Promise<void> {
  const servers = Deno.env.get("BOOTSTRAP_SERVERS") ?? "";
  if (servers !== "") return await experiment(servers);
  logger.info("BOOTSTRAP_SERVERS is not set: starts Kafka");
  const kafka = await startKafka();
  try {
    await experiment(kafka.bootstrapServers);
  } finally {
    await kafka.stop();
  }
}

/** Runs an experiment on the broker that `env` names. */
async function onBroker(
  env: Readonly<Record<string, string>>,
  experiment: Experiment,
  logger: Logger,
  signal: AbortSignal,
): Promise<void> {
  const settings = brokerSettings({ get: (name) => env[name] ?? Deno.env.get(name) });
  await using broker = await openBroker({ settings, logger });
  await experiment({ port: broker.port, env, signal }).catch((error) => {
    throw signal.aborted ? signal.reason : error;
  });
}

async function kill(options: ChaosOptions, logger: Logger): Promise<void> {
  const startedMs = performance.now();
  let kills = 0;
  const { rows } = await runChaos({
    ...options,
    onRow: (row) => {
      kills += row.kills;
      const fate = differs(row) ? "DIFFERS" : "exact";
      logger.info(
        `${row.lesson}: ${
          row.kills === 1 ? "1 kill" : `${row.kills} kills`
        } at ${row.place}: ${fate} (${kills} of ${options.runs})`,
      );
      for (const entry of row.state.slice(0, 3)) logger.warn(`state ${entry}`);
    },
  });
  await writeOutput(`${table(rows)}\n`);
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(0);
  const bad = rows.filter(differs);
  if (bad.length > 0) {
    throw new ChaosError(`Results differ from those of an undisturbed run after kills at ${bad.length} places`);
  }
  logger.info(`nothing lost, nothing twice, in ${seconds} s`);
}

async function edit(options: EditsOptions, logger: Logger): Promise<void> {
  const { made, flights, lost, doubled, moved } = await runEdits({
    ...options,
    onEdit: ({ number, name, fits, tookMs }) =>
      logger.info(
        `edit ${number} of ${options.edits}: ${name}: ${fits ? "goes on" : "refused"} after ${
          (tookMs / 1000).toFixed(1)
        } s`,
      ),
  });
  if (lost + doubled + moved > 0) {
    throw new ChaosError(`${lost} results lost, ${doubled} doubled, those of ${moved} travellers in another order`);
  }
  const refused = made.filter(({ fits }) => !fits).length;
  logger.info(
    `${made.length} edits, ${refused} refused, ${formatCount(flights)} flights: nothing lost, nothing twice`,
  );
}

async function soak(options: SoakOptions, logger: Logger): Promise<void> {
  const result = await runSoak({ ...options, onProgress: (words) => logger.info(words) });
  await writeOutput(`${soakText(result)}\n`);
  const complaints = complaintsOf(result);
  if (complaints.length > 0) throw new ChaosError(`The soak failed: ${complaints.join("; ")}`);
  const { jobs, records, elapsedMs } = result;
  const seconds = (elapsedMs / 1000).toFixed(0);
  logger.info(`${formatCount(records)} records, nothing lost, nothing twice, in ${seconds} s`);
  if (jobs.every(({ samples }) => samples.length === 0)) {
    logger.warn("memory and descriptors are measured on Linux only");
  }
}

if (import.meta.main) await runMain(main);
