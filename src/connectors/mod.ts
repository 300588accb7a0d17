/** The outside world: brokers and files, and the sources and sinks over them. */
export * from "./files/mod.ts";
export * from "./topics.ts";
