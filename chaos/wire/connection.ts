/** One connection of a client, and the matching connection to its broker. */
import { connect, type Socket } from "node:net";
import type { Message } from "./codec.ts";
import { type ErrorAnswer, fail, join, onlyAsks, refuse } from "./error_answers.ts";
import type { TopicNames, WireFilter } from "./filter.ts";
import { IncomingFrames, sendFrame } from "./frames.ts";
import { pause, settledWithin } from "./pause.ts";
import { WireRequest } from "./request.ts";
import type { ActiveRule, WireAction } from "./rules.ts";

/** What the proxy does to all requests and answers, whichever broker they are for. */
export interface Treatment {
  readonly filters: readonly WireFilter[];
  readonly nameOf: TopicNames;
  /** Whether the broker supports the request's version. */
  readonly allows: (request: WireRequest) => boolean;
  /** The rules that apply to this request now. */
  readonly rules: (request: WireRequest) => readonly ActiveRule[];
}

/** The two ends of a connection, and what happens in between. */
export interface Passage extends Treatment {
  readonly nodeId: number;
  readonly target: { readonly host: string; readonly port: number };
  /** Undefined while packets pass; else it resolves when they pass again. */
  readonly open: () => Promise<void> | undefined;
}

/** A request whose answer has not been sent to the client yet. */
interface Pending {
  readonly request: WireRequest;
  readonly rules: readonly ActiveRule[];
  /** The answer of the proxy for a part of it that it refuses, while the broker answers for the rest. */
  readonly refused: Message | undefined;
  /** Undefined when the broker has gone. */
  readonly answer: PromiseWithResolvers<Frame | undefined>;
}

/** An answer, and whether the proxy has made it instead of the broker. */
interface Frame {
  readonly bytes: Uint8Array;
  readonly own: boolean;
}

/** How long to wait for the answer to a late request of a client that has gone, ms. */
const LAST_ANSWER_WITHIN_MS = 5_000;

/** Passes requests and answers, in their order. */
export class PassedConnection {
  /** Resolves when both sockets have gone. */
  readonly over: Promise<void>;
  readonly #client: Socket;
  readonly #broker: Socket;
  readonly #passage: Passage;
  /** In the order of the requests, in which a broker answers. */
  readonly #pending: Pending[] = [];
  #news = Promise.withResolvers<void>();
  #clientGone = false;
  #brokerGone = false;
  /** Whether requests are delayed or held. */
  #late = false;
  readonly #closing = new AbortController();

  constructor(client: Socket, passage: Passage) {
    this.#client = client;
    this.#passage = passage;
    this.#broker = connect({ ...passage.target, noDelay: true });
    client.setNoDelay(true);
    const closed = [client, this.#broker].map((socket) => {
      return new Promise<void>((resolve) => socket.once("close", () => resolve()));
    });
    this.over = Promise.all(closed).then(() => {});
    void this.#passRequests(new IncomingFrames(client));
    void this.#takeAnswers(new IncomingFrames(this.#broker));
    void this.#passAnswers();
  }

  /** Ends it for the client. The broker notices when all that is on its way has arrived. */
  drop(): void {
    this.#client.destroy();
  }

  /** Ends it for the client by a TCP reset. */
  reset(): void {
    this.#client.resetAndDestroy();
  }

  /** Ends it at once, for both sides. */
  close(): void {
    this.#closing.abort();
    this.#client.destroy();
    this.#broker.destroy();
    this.#wake();
  }

  async #passRequests(frames: IncomingFrames): Promise<void> {
    for (let frame = await frames.next(); frame !== undefined; frame = await frames.next()) {
      await this.#untilOpen();
      if (!await this.#passRequest(new WireRequest(frame, this.#passage.nodeId))) return this.close();
    }
    await this.#untilOpen();
    this.#clientGone = true;
    // A client that hangs up waits for nothing, but late requests are processed all the same.
    if (this.#late) await settledWithin(LAST_ANSWER_WITHIN_MS, this.#pending.map(({ answer }) => answer.promise));
    this.close();
  }

  /** @returns whether the connection goes on */
  async #passRequest(request: WireRequest): Promise<boolean> {
    const { filters, allows, rules } = this.#passage;
    if (!allows(request)) return false;
    const own = this.#answerOf(request, filters);
    if (own === "hang up") return false;
    const taking = rules(request);
    const answer = Promise.withResolvers<Frame | undefined>();
    await this.#delay(taking, "request", answer.promise);
    const end = endOf(taking, "before");
    if (end !== undefined) {
      answer.resolve(undefined);
      if (end === "reset") this.reset();
      return false;
    }
    let bytes = own;
    let refused: Message | undefined;
    const error = errorOf(taking, (at) => at === "before" && own === undefined && !onlyAsks(request));
    if (error !== undefined) {
      const { answer: some, left } = refuse(request, this.#error(error));
      if (left) refused = some;
      else bytes = request.writeAnswer(some);
    }
    if (request.isAnswered) this.#pending.push({ request, rules: taking, refused, answer });
    if (bytes !== undefined) answer.resolve({ bytes, own: true });
    else await sendFrame(this.#broker, request.frame());
    if (this.#brokerGone) answer.resolve(undefined);
    this.#wake();
    return true;
  }

  /** The answer that a filter makes instead of the broker. */
  #answerOf(request: WireRequest, filters: readonly WireFilter[]): Uint8Array | "hang up" | undefined {
    for (const filter of filters) {
      if (!filter.apis.includes(request.api)) continue;
      if (!request.readable && request.api !== "ApiVersions") return "hang up";
      const own = filter.request?.(request);
      if (own === "hang up") return own;
      if (own !== undefined) return request.writeAnswer(own.answer, own.version);
    }
    return undefined;
  }

  async #takeAnswers(frames: IncomingFrames): Promise<void> {
    for (let frame = await frames.next(); frame !== undefined; frame = await frames.next()) {
      const correlationId = new DataView(frame.buffer, frame.byteOffset).getInt32(0);
      const asked = this.#pending.find(({ request }) => request.correlationId === correlationId);
      asked?.answer.resolve({ bytes: frame, own: false });
    }
    this.#brokerGone = true;
    for (const { answer } of this.#pending) answer.resolve(undefined);
    this.#wake();
  }

  async #passAnswers(): Promise<void> {
    for (;;) {
      const first = this.#pending[0];
      if (first === undefined) {
        if (this.#brokerGone) break;
        await this.#news.promise;
        continue;
      }
      const frame = await first.answer.promise;
      if (frame === undefined) break;
      const passed = this.#clientGone || await this.#passAnswer(first, frame);
      this.#pending.shift();
      if (!passed) break;
    }
    await this.#passage.open();
    this.close();
  }

  /** @returns whether the connection goes on */
  async #passAnswer({ request, rules, refused }: Pending, frame: Frame): Promise<boolean> {
    const bytes = frame.own ? frame.bytes : await this.#changed(request, rules, refused, frame.bytes);
    await this.#delay(rules, "answer", Promise.resolve());
    await this.#passage.open();
    if (rules.some(({ rule: { then } }) => "lose" in then)) return true;
    const end = endOf(rules, "after");
    if (end === "reset") this.reset();
    if (end !== undefined) return false;
    const within = rules.some(({ rule: { then } }) => "cut" in then && then.cut === "within");
    await sendFrame(this.#client, bytes, within ? 0.5 : 1);
    return !within;
  }

  /** The broker's answer, changed by filters and rules. */
  async #changed(
    request: WireRequest,
    rules: readonly ActiveRule[],
    refused: Message | undefined,
    frame: Uint8Array,
  ): Promise<Uint8Array> {
    const error = errorOf(rules, (at) => at === "after" || onlyAsks(request));
    const filters = this.#passage.filters.filter(({ apis }) => apis.includes(request.api));
    if (filters.length === 0 && error === undefined && refused === undefined) return frame;
    // The broker refuses a version that is newer than itself, in the oldest format: the client asks again in an older one.
    if (request.api === "ApiVersions" && !request.readable) return frame;
    const answer = request.readAnswer(frame);
    let changed = refused !== undefined;
    for (const filter of filters) changed = await filter.answer?.(request, answer, this.#passage.nameOf) || changed;
    if (error !== undefined) changed = fail(request, answer, this.#error(error)) || changed;
    if (refused !== undefined) join(request, answer, refused);
    return changed ? request.writeAnswer(answer) : frame;
  }

  #error({ error: code, partitions: chosen }: ErrorAction): ErrorAnswer {
    return { code, chosen, nameOf: this.#passage.nameOf };
  }

  /** @param done resolves when a late request has been answered */
  async #delay(rules: readonly ActiveRule[], of: "request" | "answer", done: Promise<unknown>): Promise<void> {
    for (const active of rules) {
      const { then } = active.rule;
      const waits = "delayMs" in then && then.of === of || "hold" in then && then.hold === of;
      if (!waits) continue;
      this.#late = true;
      if ("delayMs" in then) await pause(then.delayMs, this.#closing.signal);
      else await active.wait(done);
    }
  }

  async #untilOpen(): Promise<void> {
    const opens = this.#passage.open();
    if (opens === undefined) return;
    this.#late = true;
    await opens;
  }

  #wake(): void {
    this.#news.resolve();
    this.#news = Promise.withResolvers();
  }
}

type ErrorAction = Extract<WireAction, { readonly error: number }>;

function errorOf(rules: readonly ActiveRule[], at: (at: ErrorAction["at"]) => boolean): ErrorAction | undefined {
  return rules.map(({ rule: { then } }) => then).find((then): then is ErrorAction => "error" in then && at(then.at));
}

/** How these rules end the connection before or after the broker acts. */
function endOf(rules: readonly ActiveRule[], when: "before" | "after"): "cut" | "reset" | undefined {
  const actions = rules.map(({ rule }) => rule.then);
  if (actions.some((then) => "reset" in then && then.reset === when)) return "reset";
  return actions.some((then) => "cut" in then && then.cut === when) ? "cut" : undefined;
}
