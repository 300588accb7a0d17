/** The stages that one process serves. */
import type { DescribedJob } from "../description.ts";
import { type Frame, FrameType, setStage } from "../protocol/frame.ts";
import { StageWorker } from "./stage_worker.ts";

/** A request with the stage that it is for. */
export interface StageRequest extends Frame {
  readonly stage: number;
}

/** Answers the runner's requests, in their order, each by the worker of its stage. */
export class StageWorkers {
  readonly #job: DescribedJob;
  readonly #workers = new Map<number, StageWorker>();
  /** Of each asynchronous stage: resolves when there may be something to push. */
  readonly #woken = new Map<number, Promise<number>>();
  #isAsync = false;

  constructor(job: DescribedJob) {
    this.#job = job;
  }

  /** Whether a stage has something to report without being asked; once one had, it stays so. */
  get isAsync(): boolean {
    return this.#isAsync;
  }

  /** @returns the frame to answer with; undefined for the end of a stage, which is not answered */
  async answer(request: StageRequest): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const { type, stage } = request;
    if (type === FrameType.CLOSE) {
      await this.#workers.get(stage)?.close();
      this.#workers.delete(stage);
      return undefined;
    }
    const worker = this.#workerOf(stage);
    const answer = await worker.answer(request);
    if (worker.isAsync) {
      this.#isAsync = true;
      worker.wake();
    }
    setStage(answer, stage);
    return answer;
  }

  /** For each asynchronous stage a promise of its place in the plan: there may be something to push. */
  woken(): Promise<number>[] {
    for (const [stage, worker] of this.#workers) {
      if (worker.isAsync && !this.#woken.has(stage)) this.#woken.set(stage, worker.woken().then(() => stage));
    }
    return [...this.#woken.values()];
  }

  /** @returns the frame with what a stage has got meanwhile; undefined if that is nothing */
  async push(stage: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    this.#woken.delete(stage);
    const frame = await this.#workers.get(stage)?.push();
    if (frame !== undefined) setStage(frame, stage);
    return frame;
  }

  /** Closes the functions of all stages. */
  async close(): Promise<void> {
    for (const worker of this.#workers.values()) await worker.close();
  }

  #workerOf(stage: number): StageWorker {
    let worker = this.#workers.get(stage);
    if (worker === undefined) this.#workers.set(stage, worker = new StageWorker(this.#job));
    return worker;
  }
}
