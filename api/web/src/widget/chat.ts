import type { Config } from "../shared/config";
import { keep, newId, recall, type Privacy } from "../shared/privacy";
import { chunksOf, newMessage, record, string, take, type Chunk, type Message, type Question } from "./protocol";
import type { Failure } from "./words";

const KEPT = "segue_chat";
const QUIET_MS = 45_000;

/** What a turn says. */
interface Turn {
  readonly text: string;
  readonly answer?: { readonly trait: string; readonly value: unknown };
}

/** Who is told what happened. */
export interface Listener {
  /** A message is new, or is another than it was. */
  changed(message: Message): void;
  /** A reply is whole, or was revised afterwards. */
  complete(message: Message): void;
  /** A turn failed; `mayRetry` where trying again may help. */
  failed(failure: Failure, mayRetry: boolean): void;
  /** A turn begins or ends. */
  busy(isBusy: boolean): void;
}

class TurnError extends Error {
  constructor(
    readonly failure: Failure,
    readonly mayRetry: boolean,
  ) {
    super(failure);
  }
}

/** One conversation with the service. */
export class Chat {
  readonly messages: Message[] = [];
  isBusy = false;
  private id = newId();
  private conversation: string | undefined;
  private unanswered: { turn: Turn; message: string } | undefined;
  private abort: AbortController | undefined;

  constructor(
    private readonly config: Config,
    private readonly privacy: Privacy,
    private readonly listener: Listener,
  ) {}

  /** The question that waits for an answer: that of the last message. */
  get question(): Question | undefined {
    return this.messages.at(-1)?.question;
  }

  /** Say something, or press a button of the question. */
  async say(text: string, value?: { readonly of: unknown }): Promise<void> {
    if (this.isBusy) return;
    const question = this.question;
    const said = newMessage(newId(), "user", text);
    this.add(said);
    const answer = question && value ? { answer: { trait: question.trait, value: value.of } } : {};
    await this.run({ text, ...answer }, said.id, false);
  }

  /** Try the last turn again. */
  async retry(): Promise<void> {
    if (this.isBusy || !this.unanswered) return;
    const last = this.messages.at(-1);
    if (last?.role === "assistant") this.messages.pop();
    await this.run(this.unanswered.turn, this.unanswered.message, true);
  }

  /** Begin anew, with nothing of what was said. */
  forget(): void {
    this.abort?.abort();
    this.messages.length = 0;
    this.unanswered = undefined;
    this.lose();
  }

  /** Bring back the conversation of this visitor, if one is kept. Returns whether anything of it is to be shown. */
  async resume(): Promise<boolean> {
    const kept = this.kept();
    if (!kept || this.messages.length) return false;
    this.conversation = kept;
    try {
      const found = await this.fetch(`/v1/chat/${encodeURIComponent(kept)}?visitor=${encodeURIComponent(this.privacy.visitor)}`);
      if (found.status === 404) this.lose();
      if (!found.ok || this.messages.length) return false;
      const messages = record(await found.json())["messages"];
      for (const each of Array.isArray(messages) ? messages : []) this.restore(record(each));
      void this.catchUp();
      return this.messages.length > 0;
    } catch {
      return false;
    }
  }

  /** The service does not know the conversation any more: what is said next begins one. */
  private lose(): void {
    this.conversation = undefined;
    this.id = newId();
    keep(KEPT, null);
  }

  /** Follow the turn that was under way when the page was left, if it still is. */
  private async catchUp(): Promise<void> {
    const running = await this.running().catch(() => undefined);
    if (!running || this.isBusy) return;
    this.setBusy(true);
    await this.follow(running).catch(() => this.listener.failed("cut", false));
    this.setBusy(false);
  }

  private async running(): Promise<ReadableStream<Uint8Array> | undefined> {
    const name = encodeURIComponent(this.conversation ?? this.id);
    const found = await this.fetch(`/v1/chat/${name}/stream?visitor=${encodeURIComponent(this.privacy.visitor)}`);
    return found.status === 200 && found.body ? found.body : undefined;
  }

  private restore(stored: Record<string, unknown>): void {
    const message = newMessage(string(stored["id"]) || newId(), stored["role"] === "user" ? "user" : "assistant");
    for (const part of Array.isArray(stored["parts"]) ? stored["parts"] : []) take(message, record(part) as Chunk);
    this.add(message);
  }

  private kept(): string | undefined {
    if (!this.privacy.mayKnow) return undefined;
    const [visitor, conversation] = (recall(KEPT) ?? "").split(" ");
    return visitor === this.privacy.visitor ? conversation : undefined;
  }

  private add(message: Message): void {
    this.messages.push(message);
    this.listener.changed(message);
  }

  private async run(turn: Turn, messageId: string, isAgain: boolean): Promise<void> {
    this.unanswered = { turn, message: messageId };
    this.setBusy(true);
    try {
      await this.follow(await this.ask(turn, messageId, isAgain));
      this.unanswered = undefined;
    } catch (error) {
      const known = error instanceof TurnError ? error : new TurnError(navigator.onLine ? "unreached" : "offline", true);
      this.listener.failed(known.failure, known.mayRetry);
    } finally {
      this.setBusy(false);
    }
  }

  private async ask(turn: Turn, messageId: string, isAgain: boolean): Promise<ReadableStream<Uint8Array>> {
    const mode = this.config.script.dataset["mode"];
    const asked = await this.fetch("/v1/chat", {
      id: this.id,
      ...(this.conversation ? { conversation_id: this.conversation } : {}),
      message: { id: messageId, role: "user", parts: [{ type: "text", text: turn.text }] },
      ...(turn.answer ? { answer: turn.answer } : {}),
      trigger: isAgain ? "regenerate-message" : "submit-message",
      visitor: this.privacy.visitor,
      context: { path: location.pathname },
      ...(mode ? { mode } : {}),
    });
    if (asked.ok && asked.body) return asked.body;
    const running = asked.status === 409 ? await this.running() : undefined;
    if (running) return running; // it was heard, and only its reply was lost
    if (asked.status === 404 && this.conversation) {
      this.lose();
      return this.ask(turn, messageId, false);
    }
    throw refusal(asked.status);
  }

  /** Take the reply as it comes. */
  private async follow(body: ReadableStream<Uint8Array>): Promise<void> {
    let reply: Message | undefined;
    let isWhole = false;
    for await (const chunk of this.awake(chunksOf(body))) {
      if (chunk === "done") {
        isWhole = true;
        continue;
      }
      if (chunk.type === "error") throw new TurnError("broken", true);
      if (chunk.type === "start") {
        this.remember(string(record(chunk["messageMetadata"])["conversation_id"]));
        reply = newMessage(string(chunk["messageId"]) || newId(), "assistant");
        reply.isWriting = true;
        if (!this.messages.some((each) => each.id === reply?.id)) this.add(reply);
      } else if (reply) this.hear(reply, chunk);
    }
    if (reply?.isWriting) this.complete(reply);
    if (!isWhole) throw new TurnError("cut", true);
  }

  private hear(reply: Message, chunk: Chunk): void {
    take(reply, chunk);
    const isOver = chunk.type === "finish" || chunk.type === "text-end";
    if (chunk.type === "data-replaced" || (chunk.type === "finish" && reply.isWriting)) this.complete(reply);
    else if (isOver || chunk.type.startsWith("data-") || chunk.type === "text-delta") this.listener.changed(reply);
  }

  private complete(reply: Message): void {
    reply.isWriting = false;
    this.listener.changed(reply);
    this.listener.complete(reply);
  }

  /** Pass chunks on; where none comes for long, the stream counts as cut. */
  private async *awake(chunks: AsyncGenerator<Chunk | "done">): AsyncGenerator<Chunk | "done"> {
    for (;;) {
      const timer = setTimeout(() => this.abort?.abort(), QUIET_MS);
      try {
        const { done, value } = await chunks.next();
        if (done) return;
        yield value;
      } catch {
        throw new TurnError(navigator.onLine ? "cut" : "offline", true);
      } finally {
        clearTimeout(timer);
      }
    }
  }

  private remember(conversation: string): void {
    if (!conversation) return;
    this.conversation = conversation;
    if (this.privacy.mayKnow) keep(KEPT, `${this.privacy.visitor} ${conversation}`);
  }

  private fetch(path: string, body?: object): Promise<Response> {
    this.abort = new AbortController();
    return fetch(this.config.origin + path, {
      ...(body ? { method: "POST", body: JSON.stringify(body) } : {}),
      headers: {
        authorization: `Bearer ${this.config.key}`,
        ...this.privacy.headers,
        ...(body ? { "content-type": "application/json" } : {}),
      },
      credentials: "omit",
      cache: "no-store",
      signal: this.abort.signal,
    });
  }

  private setBusy(isBusy: boolean): void {
    this.isBusy = isBusy;
    this.listener.busy(isBusy);
  }
}

function refusal(status: number): TurnError {
  if (status === 401 || status === 403) return new TurnError("closed", false);
  if (status === 429) return new TurnError("busy", true);
  if (status === 409) return new TurnError("busy", true);
  return status < 500 ? new TurnError("refused", false) : new TurnError("broken", true);
}
