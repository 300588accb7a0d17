/** What is known of the partitions of topics outside of the workers. */
import type { StageInput } from "./wiring.ts";
import type { Subtask } from "./subtask.ts";

/** Of each topic, unless a rig has other ends for its partitions. */
const PARTITIONS = 3;

/** How many records lie in each partition of each topic. */
export type Ends = Readonly<Record<string, readonly number[]>>;

/** How far the partitions of all topics have been read. */
export class Partitions {
  readonly #ends: Ends | undefined;
  /** By topic and partition: the next offset. */
  readonly #offsets = new Map<string, number>();
  /** By topic and partition: the largest timestamp so far. */
  readonly #maxMs = new Map<string, number>();
  readonly #ended = new Set<string>();

  /** @param ends left out: they end when the rig does */
  constructor(ends?: Ends) {
    this.#ends = ends;
  }

  /** A copy, which goes on for itself. */
  copy(): Partitions {
    const copy = new Partitions(this.#ends);
    for (const [place, offset] of this.#offsets) copy.#offsets.set(place, offset);
    for (const [place, ms] of this.#maxMs) copy.#maxMs.set(place, ms);
    for (const place of this.#ended) copy.#ended.add(place);
    return copy;
  }

  /** The next record of a partition is read. @returns its offset */
  read(topic: string, partition: number, timestampMs: number): number {
    const place = placeOf(topic, partition);
    const offset = this.#offsets.get(place) ?? 0;
    this.#offsets.set(place, offset + 1);
    this.#maxMs.set(place, Math.max(this.#maxMs.get(place) ?? Number.NEGATIVE_INFINITY, timestampMs));
    return offset;
  }

  /** Whether its last record has been read. */
  isAtEnd(topic: string, partition: number): boolean {
    return this.#ends?.[topic]?.[partition] === this.#offsets.get(placeOf(topic, partition));
  }

  end(topic: string, partition: number): void {
    this.#ended.add(placeOf(topic, partition));
  }

  /** Those that a subtask reads and that have not ended. */
  of({ number }: Subtask, topic: string, parallelism: number): number[] {
    const count = this.#ends?.[topic]?.length ?? PARTITIONS;
    const all = Array.from({ length: count }, (_, partition) => partition);
    return all.filter((each) => each % parallelism === number && !this.#ended.has(placeOf(topic, each)));
  }

  /** Event time of a partition, as Flink makes it; undefined before its first record and where Flink makes none. */
  watermarkMs({ eventTime, input }: StageInput, partition: number): number | undefined {
    if (input.kind !== "topic" || !eventTime) return undefined;
    const { topic, watermarks } = input;
    if (watermarks.kind !== "order" && watermarks.kind !== "bounded") return undefined;
    const maxMs = this.#maxMs.get(placeOf(topic, partition));
    return maxMs && maxMs - (watermarks.kind === "bounded" ? watermarks.outOfOrdernessMs : 0) - 1;
  }

  /** Where reading goes on. */
  seek(topic: string, partition: number | string, offset: number): void {
    this.#offsets.set(placeOf(topic, partition), offset);
  }

  /** Names of a topic's partitions and their next offsets. */
  positionsOf(topic: string): [place: string, offset: number][] {
    return [...this.#offsets].filter(([place]) => place.startsWith(`${topic}-`));
  }
}

/** As a position is called in a commit. */
export function placeOf(topic: string, partition: number | string): string {
  return `${topic}-${partition}`;
}
