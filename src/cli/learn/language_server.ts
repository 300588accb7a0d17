/** A child process that speaks the Language Server Protocol: JSON-RPC messages over its standard input and output. */

/** A message of the protocol, as far as it is looked at. */
interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: { readonly items?: readonly { readonly section?: string }[] };
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

/** `deno lsp`, which keeps what it has checked, so that a changed file is checked in a fraction of the time. */
export class LanguageServer implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #settings: object;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  readonly #reading: Promise<void>;
  #lastId = 0;

  private constructor(root: URL, settings: object) {
    this.#settings = settings;
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["lsp", "-q"],
      cwd: root,
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    this.#writer = this.#child.stdin.getWriter();
    this.#reading = this.#read().catch(() => {}).then(() => this.#closed());
  }

  /** Starts it for a folder. */
  static async start(root: URL): Promise<LanguageServer> {
    // It is to check the files that it is shown, not all that it finds in the folder.
    const settings = { enable: true, lint: false, documentPreloadLimit: 0 };
    const server = new LanguageServer(root, settings);
    const uri = root.href.replace(/\/$/, "");
    await server.request("initialize", {
      processId: Deno.pid,
      rootUri: uri,
      workspaceFolders: [{ uri, name: "project" }],
      capabilities: { workspace: { configuration: true }, textDocument: { diagnostic: {} } },
      initializationOptions: settings,
    });
    await server.notify("initialized", {});
    return server;
  }

  /** Sends a request. @throws {Error} if it is refused, or the server has ended */
  request(method: string, params: object): Promise<unknown> {
    const id = ++this.#lastId;
    const answer = Promise.withResolvers<unknown>();
    this.#waiting.set(id, answer);
    this.#send({ id, method, params }).catch(answer.reject);
    return answer.promise;
  }

  /** Sends what needs no answer. */
  notify(method: string, params: object): Promise<void> {
    return this.#send({ method, params });
  }

  /** Ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // it has ended
    }
    await this.#child.status;
    await this.#reading;
    await this.#writer.abort().catch(() => {});
  }

  #send(message: object): Promise<void> {
    const body = new TextEncoder().encode(JSON.stringify({ jsonrpc: "2.0", ...message }));
    const head = new TextEncoder().encode(`Content-Length: ${body.length}\r\n\r\n`);
    return this.#writer.write(joined(head, body));
  }

  async #read(): Promise<void> {
    let bytes: Uint8Array = new Uint8Array(0);
    for await (const chunk of this.#child.stdout) {
      bytes = joined(bytes, chunk);
      for (;;) {
        // The head is ASCII: characters are bytes.
        const head = /^.*?\r\n\r\n/s.exec(new TextDecoder("latin1").decode(bytes.subarray(0, 200)))?.[0];
        const length = Number(/Content-Length: (\d+)/i.exec(head ?? "")?.[1]);
        if (head === undefined || bytes.length < head.length + length) break;
        this.#take(JSON.parse(new TextDecoder().decode(bytes.subarray(head.length, head.length + length))));
        bytes = bytes.subarray(head.length + length);
      }
    }
  }

  #take({ id, method, params, result, error }: Message): void {
    if (id === undefined) return;
    if (method === undefined) {
      const answer = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) answer?.resolve(result);
      else answer?.reject(new Error(error.message));
      return;
    }
    const settings = params?.items?.map(({ section }) => (section === "deno" ? this.#settings : {}));
    this.#send({ id, result: settings ?? null }).catch(() => {});
  }

  #closed(): void {
    for (const { reject } of this.#waiting.values()) reject(new Error("The language server has ended"));
    this.#waiting.clear();
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const whole = new Uint8Array(a.length + b.length);
  whole.set(a);
  whole.set(b, a.length);
  return whole;
}
