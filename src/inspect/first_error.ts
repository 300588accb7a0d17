/** What a program printed on standard error before it failed, as one sentence. */

/** Where in the source a message of Deno's points to. */
const PLACE = /\(?(file:\/\/\S+?:\d+:\d+)\)?\s*$/;

/**
 * The first error in a text that Deno or a job printed, with the first place of a local file that it points to.
 * @param from folder from which paths are shown
 * @returns undefined if there is no error in it
 */
export function firstError(text: string, from: string): string | undefined {
  const lines = text.split("\n").map((line) => line.trimEnd());
  const start = lines.findIndex((line) => /^(error: |(TS\d+ )?\[ERROR\]: |TS\d+ )/.test(line));
  if (start < 0) return undefined;
  const message = lines[start]!
    .replace(/^error: /, "").replace(/^Uncaught (\(in promise\) )?/, "").replace(/^(TS\d+) \[ERROR\]: /, "$1: ");
  const rest = lines.slice(start + 1);
  const end = rest.findIndex((line) => /^(error: |TS\d+ \[ERROR\])/.test(line));
  const place = rest.slice(0, end < 0 ? rest.length : end).map((line) => PLACE.exec(line)?.[1]).find((found) => found);
  const more = lines.filter((line) => /^TS\d+ \[ERROR\]/.test(line)).length - 1;
  return [
    shorten(message.replace(/\.$/, ""), from),
    place === undefined ? "" : `, at ${shorten(place, from)}`,
    more > 0 ? `, and ${more} more` : "",
  ].join("");
}

/** Paths instead of URLs, from `from` on. */
function shorten(text: string, from: string): string {
  const folder = from.endsWith("/") ? from : `${from}/`;
  return text.replaceAll(`file://${folder}`, "").replaceAll("file://", "");
}
