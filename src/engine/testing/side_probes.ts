import { FanOut } from "../runtime/edge.ts";
import type { Journal } from "../state/journal.ts";
import { Probe } from "./probe.ts";

/** The side outputs of an operator, each made when it is first asked for. */
export class SideProbes extends Map<string, FanOut> {
  readonly #main: FanOut;
  readonly #journal: Journal;
  readonly #probes = new Map<string, Probe>();

  constructor(main: FanOut, journal: Journal) {
    super();
    this.#journal = journal;
    this.#main = main;
  }

  override get(id: string): FanOut {
    let output = super.get(id);
    if (output === undefined) {
      output = new FanOut(this.#main.counts, this.#main);
      const probe = new Probe(this.#journal);
      output.add(probe);
      this.#probes.set(id, probe);
      this.set(id, output);
    }
    return output;
  }

  take<T>(id: string): [T, number][] {
    const flows = this.#probes.get(id)?.take() ?? [];
    return flows.flatMap((flow) => Array.isArray(flow) ? [flow as [T, number]] : []);
  }
}
