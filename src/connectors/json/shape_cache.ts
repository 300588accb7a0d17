/** How many shapes are tried on a text before it goes to `JSON.parse()`. */
const MAX_SHAPES = 3;
/**
 * Making a shape is expensive, and in vain where no two texts are alike. So a shape is made of each of the first texts that fit none,
 * and later of one in a thousand.
 */
const LEARNED_AT_FIRST = 10;
const TEXTS_PER_LEARNED = 1_000;

/** The shapes that the JSON of a topic has had, those that fit often first. */
export class ShapeCache<S> {
  readonly all: S[] = [];
  #misses = 0;

  /** Reports that the shape at `index` did fit. */
  promote(index: number): void {
    if (index === 0) return;
    const { all } = this;
    [all[index - 1], all[index]] = [all[index]!, all[index - 1]!];
  }

  /** Reports that no shape did fit. @returns whether the text is to be learned from */
  miss(): boolean {
    return ++this.#misses <= LEARNED_AT_FIRST || this.#misses % TEXTS_PER_LEARNED === 0;
  }

  /** Adds a shape, in the place of the one that fits least often if there is no room. */
  add(shape: S): void {
    if (this.all.length === MAX_SHAPES) this.all.pop();
    this.all.push(shape);
  }
}
