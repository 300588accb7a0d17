/** Where programs read settings from; `Deno.env` is one. */
export interface Environment {
  /** The value of that variable; undefined if it is not set. */
  get(name: string): string | undefined;
}
