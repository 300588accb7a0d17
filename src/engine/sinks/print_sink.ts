import type { Sink, SinkWriter } from "../sink.ts";

/** Prints each value on a line of standard output: text as it is, all else as JSON. */
export class PrintSink<T> implements Sink<T> {
  readonly description = "standard output";
  readonly #prefix: string;

  constructor(prefix: string) {
    this.#prefix = prefix === "" ? "" : `${prefix}> `;
  }

  exactlyOnceWith(): boolean {
    return false;
  }

  open(): Promise<SinkWriter<T>> {
    let lines: string[] = [];
    const prefix = this.#prefix;
    return Promise.resolve({
      write(value) {
        lines.push(prefix + (typeof value === "string" ? value : JSON.stringify(value)));
      },
      takeBack: (records) => void lines.splice(lines.length - records),
      flush() {
        if (lines.length === 0) return;
        // deno-lint-ignore no-console -- this sink writes to standard output
        console.log(lines.join("\n"));
        lines = [];
      },
    });
  }
}
