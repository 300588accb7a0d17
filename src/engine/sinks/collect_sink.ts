import type { Sink, SinkWriter } from "../sink.ts";

/** Keeps all values in an array. */
export class CollectSink<T> implements Sink<T> {
  readonly description = "a collected array";
  readonly values: T[] = [];

  exactlyOnceWith(): boolean {
    return false;
  }

  open(): Promise<SinkWriter<T>> {
    const { values } = this;
    return Promise.resolve({
      write: (value) => void values.push(value),
      takeBack: (records) => void values.splice(values.length - records),
    });
  }
}
