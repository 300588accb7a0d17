import { DataGeneratorSource } from "@stream-apps/deno/sources";

export interface Price {
  readonly confirmation: string;
  /** A whole number from 500 to 1499. */
  readonly ticket_price: number;
}

/** A thousand prices, SKY0 to SKY999. The same seed makes the same prices. */
export function prices(seed: number): DataGeneratorSource<Price> {
  return new DataGeneratorSource<Price>({
    // Your work: a price by chance, and for the same seed the same.
    generate: (index) => ({ confirmation: `SKY${index}`, ticket_price: 500 }),
    count: 1_000,
    seed,
  });
}
