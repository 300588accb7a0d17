import type { Broker } from "../../connectors/broker.ts";
import { JobBroker } from "../../connectors/mod.ts";
import type { JobRequest, JobSession, Position } from "../../engine/mod.ts";
import type { JobState } from "./state.ts";

/** An open broker that knows how the jobs whose commits it keeps are doing. */
export class WatchedBroker extends JobBroker {
  readonly #watches: readonly JobWatch[];

  constructor(port: Broker, watches: readonly JobWatch[]) {
    super(port);
    this.#watches = watches;
  }

  override async openJob(request: JobRequest): Promise<JobSession> {
    const watch = this.#watches.find(({ name }) => name === request.job);
    if (watch === undefined) return await super.openJob(request);
    const onStandby = (holder: string): void => {
      watch.standBy(holder);
      request.onStandby(holder);
    };
    const session = await super.openJob({ ...request, onStandby });
    watch.follow(session);
    return session;
  }
}

/** One job as seen from its broker: whether it is active here, and what its commits cover. */
export class JobWatch {
  readonly name: string;
  readonly #positions = new Map<string, number>();
  #status: JobState["status"] = "starting";
  #holder: string | undefined;

  constructor(name: string) {
    this.name = name;
  }

  /** Whether this process is the job's active instance. */
  get isActive(): boolean {
    return this.#status === "active";
  }

  standBy(holder: string): void {
    this.#status = "stands by";
    this.#holder = holder;
  }

  /** Follows a session of the job from its beginning to its end. */
  follow(session: JobSession): void {
    this.#status = "active";
    this.#holder = undefined;
    const over = () => {
      this.#status = "interrupted";
    };
    session.lost.addEventListener("abort", over, { once: true });
    const { commit, close } = session;
    session.commit = async (job) => {
      await commit.call(session, job);
      this.#note(job.positions);
    };
    session.close = () => {
      over();
      return close.call(session);
    };
  }

  /** @param ends offset behind the last record of each partition, by its split: "skyone-3" */
  state(ends: Iterable<readonly [split: string, end: number]>): JobState {
    const { name } = this;
    const status = this.#status;
    if (status !== "active" || this.#positions.size === 0) return { name, status, holder: this.#holder };
    let behind = 0;
    for (const [split, end] of ends) behind += Math.max(0, end - (this.#positions.get(split) ?? 0));
    return { name, status, behind };
  }

  #note(positions: readonly Position[]): void {
    for (const { topic, partition, offset } of positions) this.#positions.set(`${topic}-${partition}`, offset);
  }
}
