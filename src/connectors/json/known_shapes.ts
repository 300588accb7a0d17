/** As many shapes are tried. */
const MAX_SHAPES = 3;
/**
 * A shape takes as long to make as a hundred texts take to read, and some texts have none that fits the next: so it is made of
 * the first ones that no shape fits, and later of one in so many.
 */
const FIRST_LEARNT = 10;
const THEN_ONE_IN = 1_000;

/** The shapes that the JSON of a topic has had, those that fit often first; and when it is time for another one. */
export class KnownShapes<S> {
  readonly all: S[] = [];
  #misses = 0;

  /** The shape at `index` did fit. */
  promote(index: number): void {
    if (index === 0) return;
    const { all } = this;
    [all[index - 1], all[index]] = [all[index]!, all[index - 1]!];
  }

  /** No shape did. @returns whether one should be made of what came */
  miss(): boolean {
    return ++this.#misses <= FIRST_LEARNT || this.#misses % THEN_ONE_IN === 0;
  }

  /** Takes one in, in the place of the one that helps least. */
  add(shape: S): void {
    if (this.all.length === MAX_SHAPES) this.all.pop();
    this.all.push(shape);
  }
}
