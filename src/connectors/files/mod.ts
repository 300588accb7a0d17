/** Files as sources and sinks. */
export { type CsvOptions, CsvReaderFormat, type CsvReaderOptions } from "./csv.ts";
export { CsvEncoder, type Encoder, JsonLinesEncoder, SimpleStringEncoder } from "./encoder.ts";
export { FileSink, type FileSinkOptions } from "./file_sink.ts";
export { FileSource, type FileSourceOptions } from "./file_source.ts";
export { type FileDecoder, type FileFormat, JsonLinesFormat, TextLineInputFormat } from "./format.ts";
