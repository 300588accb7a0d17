import type { AgainLine, ShownTrace } from "../../api/follow.ts";
import type { Place } from "../../../inspect/follow/protocol.ts";
import { getSession } from "../lib/api.ts";

/** Has the jobs run again for a record, and hands on what each made of it, as it comes. */
export async function runAgain(
  place: Place,
  { onTrace, onError }: { readonly onTrace: (trace: ShownTrace) => void; readonly onError: (error: string) => void },
): Promise<void> {
  try {
    const { token } = await getSession();
    const headers = { "content-type": "application/json", "x-dashboard-token": token };
    const response = await fetch("/api/follow/again", { method: "POST", headers, body: JSON.stringify(place) });
    if (!response.ok || response.body === null) {
      onError((await response.json().catch(() => undefined))?.error ?? `The dashboard answered ${response.status}`);
      return;
    }
    for await (const line of linesOf(response.body)) {
      const message = JSON.parse(line) as AgainLine;
      if (message.type === "trace") onTrace(message.trace);
      else if (message.type === "error") onError(message.error);
    }
  } catch (error) {
    onError(`The dashboard's server does not answer: ${(error as Error).message}`);
  }
}

async function* linesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body.pipeThrough(new TextDecoderStream() as unknown as TransformStream<Uint8Array, string>)
    .getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const lines = `${rest}${value}`.split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
}
