/** Checks the types of the learner's file, again and again, with what the editor would show. */
import { withImportHint } from "./import_hints.ts";
import { LanguageServer } from "./language_server.ts";

/** What TypeScript does not accept. */
export interface TypeFault {
  /** Counted from 1. */
  readonly line: number;
  readonly message: string;
}

interface Diagnostic {
  readonly range: { readonly start: { readonly line: number } };
  readonly severity?: number;
  readonly source?: string;
  readonly code?: number | string;
  readonly message: string;
}

/** Something that is not used yet is no mistake while one is at work: variables, imports, all of an import, a type. */
const UNUSED = [6133, 6192, 6196, 6198];

/** It may load everything first, on a machine that has other work. */
const ANSWER_WITHIN_MS = 60_000;

/** The type checker, which stays at work between two saves. */
export class TypeCheck implements AsyncDisposable {
  readonly #root: URL;
  #starting: Promise<LanguageServer> | undefined;
  readonly #versions = new Map<string, number>();

  /** @param root the folder with deno.json */
  constructor(root: URL) {
    this.#root = root;
  }

  /** What is wrong with a file's types; its text is read. @throws {Error} if there is no type checker */
  async check(file: URL): Promise<TypeFault[]> {
    this.#starting ??= LanguageServer.start(this.#root); // commands that check nothing do not wait for it
    const [server, text] = await Promise.all([this.#starting, Deno.readTextFile(file)]);
    const uri = file.href;
    const version = (this.#versions.get(uri) ?? 0) + 1;
    this.#versions.set(uri, version);
    if (version === 1) {
      await server.notify("textDocument/didOpen", { textDocument: { uri, languageId: "typescript", version, text } });
    } else {
      const contentChanges = [{ text }];
      await server.notify("textDocument/didChange", { textDocument: { uri, version }, contentChanges });
    }
    const answer = await within(ANSWER_WITHIN_MS, server.request("textDocument/diagnostic", { textDocument: { uri } }));
    const { items } = answer as { readonly items: readonly Diagnostic[] };
    const faults = items.filter(({ severity, source, code }) =>
      severity === 1 && source === "deno-ts" && !UNUSED.includes(Number(code))
    );
    return await Promise.all(faults.map(async ({ range, message }) => ({
      line: range.start.line + 1,
      message: await withImportHint(shortened(message), this.#root),
    })));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#starting?.then((server) => server[Symbol.asyncDispose](), () => {});
  }
}

/** Without the fields of a long type. */
function shortened(message: string): string {
  return message.replaceAll(/'\{[^']{60,}\}'/g, "'{ … }'");
}

/** What the promise resolves to. @throws {Error} if that takes longer */
async function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`TypeScript has not answered within ${ms / 1000} s`)), ms);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
