/** Faults of a cluster and of the jobs on it. */
import type { RunningCluster } from "../../src/cli/kafka.ts";
import type { WireProxy } from "../wire/mod.ts";
import type { Clients } from "./clients.ts";
import type { Instance } from "./instance.ts";
import type { Replication } from "./replication.ts";

/** What faults act on. */
export interface Stage {
  readonly cluster: RunningCluster;
  /** Between the jobs and the brokers. */
  readonly proxy: WireProxy;
  /** Between the brokers themselves. */
  readonly replication: Replication;
  readonly clients: Clients;
  readonly instances: readonly Instance[];
  /** Random numbers from 0 to 1, which decide what is hit, when and for how long. */
  readonly chance: () => number;
  readonly log: (words: string) => void;
  /** Resolves early when the experiment is aborted. */
  readonly sleep: (ms: number) => Promise<void>;
}

/** A fault, from its beginning to its end. */
export interface Fault {
  /** Its name in the report. */
  readonly name: string;
  /** No other fault occurs meanwhile, as it would hide this one's effect; only the jobs' leaders move. Left out: others may. */
  readonly alone?: boolean;
  /** Makes the fault; resolves when it is over. @returns whether it has occurred */
  readonly strike: (stage: Stage) => Promise<boolean>;
}

/** Partitions whose leaders are moved, and how often each topic is chosen. */
const MOVED = [
  { topic: "skyone", partitions: 5, share: 4 },
  { topic: "sunset", partitions: 5, share: 4 },
  { topic: "flightdata", partitions: 5, share: 4 },
  { topic: "userstatistics", partitions: 5, share: 1 },
  { topic: "__transaction_state", partitions: 5, share: 1 },
  { topic: "__consumer_offsets", partitions: 5, share: 1 },
  { topic: "flight_importer.changelog", partitions: 1, share: 1 },
  { topic: "user_statistics.changelog", partitions: 1, share: 1 },
] as const;

const TURNS = MOVED.flatMap((moved) => Array.from({ length: moved.share }, () => moved));

/**
 * Moves some leaders at once.
 *
 * @param coordinators whether Kafka's internal topics are among them, whose leaders coordinate transactions and groups
 * @returns how many were moved; fewer if a replica is behind or a broker is down
 */
export async function moveLeaders(
  { clients, chance, log }: Stage,
  count: number,
  { coordinators }: { readonly coordinators: boolean },
): Promise<number> {
  const turns = coordinators ? TURNS : TURNS.filter(({ topic }) => !topic.startsWith("__"));
  const moves = Array.from({ length: count }, async () => {
    const { topic, partitions } = pick(turns, chance);
    const partition = Math.floor(chance() * partitions);
    try {
      const broker = await clients.move(topic, partition, Math.floor(chance() * 2));
      log(`leader of ${topic} partition ${partition} is now broker ${broker}`);
      return 1;
    } catch (error) {
      log(`leader of ${topic} partition ${partition} stays: ${(error as Error).message}`);
      return 0;
    }
  });
  return (await Promise.all(moves)).reduce<number>((sum, moved) => sum + moved, 0);
}

/** Faults of one broker at a time: with fewer than two replicas left, nothing could be written at all. */
export const BROKER_FAULTS: readonly Fault[] = [
  brokerFault({
    what: "killed",
    forMs: { least: 2_000, most: 8_000 },
    begin: (broker) => broker.kill(),
    end: (broker) => broker.restart(),
  }),
  brokerFault({
    what: "frozen",
    forMs: { least: 3_000, most: 12_000 },
    begin: (broker) => broker.freeze(),
    end: (broker) => broker.thaw(),
  }),
  brokerFault({
    what: "restarted",
    forMs: { least: 0, most: 1_000 },
    begin: (broker) => broker.stop({ keepData: true }),
    end: (broker) => broker.restart(),
  }),
];

/** Faults of any process, active or standing by. */
export const JOB_FAULTS: readonly Fault[] = [
  {
    name: "job killed",
    strike: (stage) => {
      const instance = pick(stage.instances, stage.chance);
      stage.log(`${instance.name} is killed`);
      instance.signal("SIGKILL");
      return Promise.resolve(true);
    },
  },
  {
    name: "job ended",
    strike: (stage) => {
      const instance = pick(stage.instances, stage.chance);
      stage.log(`${instance.name} gets SIGTERM`);
      instance.signal("SIGTERM");
      return Promise.resolve(true);
    },
  },
  {
    name: "job frozen",
    strike: async (stage) => {
      const instance = pick(stage.instances, stage.chance);
      // Mostly longer than its session, so that another instance takes over and this one comes back as a zombie.
      const forMs = between(4_000, 14_000, stage.chance);
      stage.log(`${instance.name} is frozen for ${forMs} ms`);
      instance.signal("SIGSTOP");
      await stage.sleep(forMs);
      instance.signal("SIGCONT");
      return true;
    },
  },
];

type Broker = RunningCluster["brokers"][number];
type Change = (broker: Broker) => void | Promise<void>;

/** What happens to one broker. */
interface Outage {
  /** For the report and the log: "killed". */
  readonly what: string;
  /** How long it lasts. */
  readonly forMs: { readonly least: number; readonly most: number };
  readonly begin: Change;
  readonly end: Change;
}

function brokerFault({ what, forMs: { least, most }, begin, end }: Outage): Fault {
  return {
    name: `broker ${what}`,
    strike: async ({ cluster, chance, log, sleep }) => {
      const number = Math.floor(chance() * cluster.brokers.length);
      const broker = cluster.brokers[number]!;
      const forMs = between(least, most, chance);
      log(`broker ${number + 1} is ${what} for ${forMs} ms`);
      await begin(broker);
      try {
        await sleep(forMs);
      } finally {
        await end(broker);
        log(`broker ${number + 1} is back`);
      }
      return true;
    },
  };
}

export function pick<T>(list: readonly T[], chance: () => number): T {
  return list[Math.floor(chance() * list.length)]!;
}

export function between(least: number, most: number, chance: () => number): number {
  return Math.round(least + chance() * (most - least));
}
