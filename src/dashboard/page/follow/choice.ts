import { html, type View } from "../lib/html.ts";
import { go } from "../lib/route.ts";
import { followPath, keyPath } from "./place.ts";

/** Which record: a topic, and a key or a place in it. */
export function Choice(
  { topics, query }: { readonly topics: readonly string[]; readonly query: URLSearchParams },
): View {
  const value = (name: string) => query.get(name) ?? "";
  const submit = (event: Event) => {
    event.preventDefault();
    const data = new FormData(event.target as HTMLFormElement);
    const [topic, key, partition, offset] = ["topic", "key", "partition", "offset"].map((name) =>
      String(data.get(name) ?? "").trim()
    );
    if (key !== "") go(keyPath(topic!, key!));
    else if (/^\d+$/.test(partition!) && /^\d+$/.test(offset!)) {
      go(followPath({ topic: topic!, partition: Number(partition), offset: Number(offset) }));
    }
  };
  // The topic of the address is there before the list of all has come.
  const names = topics.includes(value("topic")) || value("topic") === "" ? topics : [value("topic"), ...topics];
  return html`
    <form class="panel search" onSubmit=${submit}>
      <label>
        Topic
        <select name="topic">
          ${names.map((name) => html`<option value=${name} selected=${name === value("topic")}>${name}</option>`)}
        </select>
      </label>
      <label>Key <input name="key" defaultValue=${value("key")} placeholder="SKY1ABCDEF" /></label>
      <span class="or" aria-hidden="true">or</span>
      <label>Partition <input name="partition" inputmode="numeric" size="4" defaultValue=${value(
        "partition",
      )} /></label>
      <label>Offset <input name="offset" inputmode="numeric" size="8" defaultValue=${value("offset")} /></label>
      <div class="buttons"><button class="primary">Find</button></div>
    </form>
  `;
}
