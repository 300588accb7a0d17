import type { NodeInput } from "../graph.ts";
import { MAX_WATERMARK } from "../record.ts";
import { CONNECTED, UNION, WatermarkCombiner } from "../time/watermark_combiner.ts";

/** Event time of all streams that come into a task, together: a union within each input, and the inputs beside one another. */
export class TaskInputs {
  /** Event time of the task, ms. It never goes back. */
  watermarkMs: number;
  /** Whether no stream holds event time back for now. */
  idle = false;
  /** One for each input that is a union. */
  readonly #unions: readonly (WatermarkCombiner | undefined)[];
  /** Of two inputs. */
  readonly #combiner: WatermarkCombiner | undefined;

  /** @param restoredMs event time of the last commit, ms */
  constructor(inputs: readonly NodeInput[], restoredMs: number) {
    this.watermarkMs = restoredMs;
    this.#unions = inputs.map(({ from }) =>
      from.length > 1 ? new WatermarkCombiner(from.length, UNION, restoredMs) : undefined
    );
    this.#combiner = inputs.length > 1 ? new WatermarkCombiner(inputs.length, CONNECTED, restoredMs) : undefined;
  }

  /**
   * Event time of one stream of one input has come to `watermarkMs`.
   * @returns whether that of the task has moved
   */
  advance(input: number, channel: number, watermarkMs: number): boolean {
    const union = this.#unions[input];
    let moved = false;
    if (union === undefined) moved = this.#inputAdvanced(input, watermarkMs);
    else if (union.update(channel, watermarkMs)) moved = this.#inputAdvanced(input, union.watermarkMs);
    // A stream that ends leaves those that are idle alone.
    if (watermarkMs === MAX_WATERMARK && this.#inputIdle(input, union?.idle ?? false)) moved = true;
    return moved;
  }

  /**
   * One stream of one input holds event time back no longer, or does again.
   * @returns whether event time of the task has moved
   */
  setIdle(input: number, channel: number, idle: boolean): boolean {
    const union = this.#unions[input];
    const moved = union?.setIdle(channel, idle) === true && this.#inputAdvanced(input, union.watermarkMs);
    return this.#inputIdle(input, union?.idle ?? idle) || moved;
  }

  #inputAdvanced(input: number, watermarkMs: number): boolean {
    const combiner = this.#combiner;
    if (combiner === undefined) return this.#moveTo(watermarkMs);
    return combiner.update(input, watermarkMs) && this.#moveTo(combiner.watermarkMs);
  }

  #inputIdle(input: number, idle: boolean): boolean {
    const combiner = this.#combiner;
    const moved = combiner?.setIdle(input, idle) === true && this.#moveTo(combiner.watermarkMs);
    this.idle = combiner?.idle ?? idle;
    return moved;
  }

  #moveTo(watermarkMs: number): boolean {
    if (watermarkMs <= this.watermarkMs) return false;
    this.watermarkMs = watermarkMs;
    return true;
  }
}
