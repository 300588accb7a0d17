/**
 * Files as sources and sinks: lines of text, JSON lines, CSV.
 *
 * A {@link FileSource} reads a file or a folder to its end, or with `watch` goes on as files grow, rotate and appear; its positions are
 * part of the job's commits. gzip is recognized by its first bytes. A {@link FileSink} writes into files that get their names
 * when the commit is made, so that a reader sees each result once.
 *
 * @module
 */
export { type CsvOptions, CsvReaderFormat, type CsvReaderOptions } from "./csv.ts";
export { CsvEncoder, type Encoder, JsonLinesEncoder, SimpleStringEncoder } from "./encoder.ts";
export { FileSink, type FileSinkOptions } from "./file_sink.ts";
export { FileSource, type FileSourceOptions } from "./file_source.ts";
export { type FileDecoder, type FileFormat, JsonLinesFormat, TextLineInputFormat } from "./format.ts";
