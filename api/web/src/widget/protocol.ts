/** The AI SDK's UI message stream, and what of the service's own goes in its `data-*` chunks. */

/** An approved claim that a reply quotes. */
export interface Source {
  readonly id: string;
  readonly claim: string;
  /** Where the evidence is; https, else there is no link. */
  readonly href: string | undefined;
}

export interface Question {
  readonly trait: string;
  readonly question: string;
  readonly answers: readonly { readonly label: string; readonly value: unknown }[];
  readonly mayDecline: boolean;
}

export interface HandOver {
  readonly how: string;
  readonly isSomebodyFree: boolean;
}

/** A message as it is shown. */
export interface Message {
  readonly id: string;
  readonly role: "user" | "assistant";
  text: string;
  sources: Source[];
  question?: Question;
  handOver?: HandOver;
  isRevised: boolean;
  isWriting: boolean;
}

export type Chunk = Readonly<Record<string, unknown>> & { readonly type: string };

export function newMessage(id: string, role: Message["role"], text = ""): Message {
  return { id, role, text, sources: [], isRevised: false, isWriting: false };
}

/** Take a chunk of a stream, or a part of a message of the history, into a message. Unknown ones change nothing. */
export function take(message: Message, chunk: Chunk): void {
  const data = record(chunk["data"]);
  switch (chunk.type) {
    case "text":
      message.text += string(chunk["text"]);
      break;
    case "text-delta":
      message.text += string(chunk["delta"]);
      break;
    case "data-citation":
      addSource(message, data);
      break;
    case "data-question":
      message.question = questionOf(data);
      break;
    case "data-handover":
      message.handOver = { how: string(data["how"]), isSomebodyFree: data["somebody_is_free"] === true };
      break;
    case "data-replaced":
      message.text = string(data["text"]);
      message.sources = [];
      message.isRevised = true;
      break;
  }
}

function addSource(message: Message, data: Record<string, unknown>): void {
  const source = { id: string(data["id"]), claim: string(data["claim"]), href: secure(string(data["evidence"])) };
  if (source.claim && !message.sources.some((each) => each.id === source.id)) message.sources.push(source);
}

function questionOf(data: Record<string, unknown>): Question {
  const answers = Array.isArray(data["answers"]) ? data["answers"].map(record) : [];
  return {
    trait: string(data["trait"]),
    question: string(data["question"]),
    answers: answers.map((each) => ({ label: string(each["label"]), value: each["value"] })).filter((each) => each.label),
    mayDecline: data["may_decline"] !== false,
  };
}

/** Return an address if it is one of https. */
function secure(address: string): string | undefined {
  try {
    const url = new URL(address);
    return url.protocol === "https:" ? url.href : undefined;
  } catch {
    return undefined;
  }
}

export function record(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

export function string(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** Give the chunks of a stream of server-sent events as they come; ends early where it is cut. */
export async function* chunksOf(body: ReadableStream<Uint8Array>): AsyncGenerator<Chunk | "done"> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    rest += decoder.decode(value, { stream: !done });
    const events = rest.split(/\r?\n\r?\n/);
    rest = events.pop() ?? "";
    for (const event of events) {
      const found = chunkOf(event);
      if (found) yield found;
    }
    if (done) return;
  }
}

function chunkOf(event: string): Chunk | "done" | undefined {
  const data = event
    .split(/\r?\n/)
    .filter((line) => line.startsWith("data:"))
    .map((line) => line.slice(5).trimStart())
    .join("\n");
  if (data === "[DONE]") return "done";
  try {
    const found = record(JSON.parse(data));
    return typeof found["type"] === "string" ? (found as Chunk) : undefined;
  } catch {
    return undefined;
  }
}
