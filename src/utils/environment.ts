/** Where programs read settings from; `Deno.env` is one. */
export interface Environment {
  get(name: string): string | undefined;
}
