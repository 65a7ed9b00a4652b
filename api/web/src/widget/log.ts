import { h, icon } from "./dom";
import type { Message, Question, Source } from "./protocol";
import { handOverWords, words } from "./words";

/** Draws the messages of a conversation, each once, and draws again what changed. */
export class Log {
  readonly element = h("div", { class: "log", role: "log", "aria-live": "off", "aria-label": words.log, tabindex: "0" });
  private suggested: HTMLElement | undefined;
  private readonly drawn = new Map<string, HTMLElement>();

  /** `pick` is called with the words of a button, and the value that it stands for, if it stands for one. */
  constructor(private readonly pick: (label: string, value?: { readonly of: unknown }) => void) {}

  /** Begin with the greeting, and what one might ask. */
  clear(greeting: string, suggested: string[]): void {
    this.drawn.clear();
    this.suggested = h("div", { class: "suggested" }, ...suggested.map((each) => this.button(each, undefined, "answer")));
    this.element.replaceChildren(
      h("div", { class: "message assistant" }, h("div", { class: "bubble", dir: "auto" }, greeting)),
      ...(suggested.length ? [this.suggested] : []),
    );
  }

  /** Draw a message, or what changed of it; a question is open only in the last one. */
  draw(message: Message, isLast: boolean): void {
    const isNear = this.isNearEnd();
    this.suggested?.remove();
    const before = this.drawn.get(message.id);
    const wasRevised = before?.classList.contains("revised") ?? false;
    const now = this.message(message, isLast);
    if (message.isRevised && !wasRevised && before) now.classList.add("fresh");
    if (before) before.replaceWith(now);
    else this.element.append(now);
    this.drawn.set(message.id, now);
    if (isNear || message.role === "user") this.toEnd();
  }

  /** Take a message away, as the half of a reply that is asked for again. */
  drop(message: Message): void {
    this.drawn.get(message.id)?.remove();
    this.drawn.delete(message.id);
  }

  /** Show something at the end that is no message. */
  append(note: HTMLElement): void {
    this.element.append(note);
    this.toEnd();
  }

  toEnd(): void {
    this.element.scrollTop = this.element.scrollHeight;
  }

  private isNearEnd(): boolean {
    const { scrollHeight, scrollTop, clientHeight } = this.element;
    return scrollHeight - scrollTop - clientHeight < 80;
  }

  private message(message: Message, isLast: boolean): HTMLElement {
    const isUser = message.role === "user";
    const who = h("span", { class: "aloud" }, `${isUser ? words.you : words.assistant}: `);
    const shown = h("div", { class: `message ${message.role}${message.isRevised ? " revised" : ""}` });
    const isEmpty = !message.text && !message.question && !message.handOver;
    const text = message.text || (isEmpty && !message.isWriting && !isUser ? words.silent : "");
    if (text) shown.append(h("div", { class: "bubble", dir: "auto" }, who, ...paragraphs(text)));
    else if (message.isWriting) shown.append(dots());
    if (message.isRevised) shown.append(h("span", { class: "note" }, words.revised));
    if (message.sources.length && !message.isWriting) shown.append(sources(message.sources));
    if (message.handOver) shown.append(handOver(message));
    if (message.question && isLast && !message.isWriting) shown.append(this.question(message.question));
    return shown;
  }

  private button(label: string, value: { readonly of: unknown } | undefined, kind: string): HTMLElement {
    const made = h("button", { type: "button", class: kind, dir: "auto" }, label);
    made.addEventListener("click", () => this.pick(label, value));
    return made;
  }

  private question(asked: Question): HTMLElement {
    const answers = asked.answers.map(({ label, value }) => this.button(label, { of: value }, "answer"));
    if (asked.mayDecline) answers.push(this.button(words.decline, { of: null }, "answer quiet"));
    return h(
      "fieldset",
      { class: "question" },
      h("legend", { dir: "auto" }, asked.question),
      h("div", { class: "answers" }, ...answers),
      h("p", { class: "note" }, words.orType),
    );
  }
}

function paragraphs(text: string): HTMLElement[] {
  return text.split(/\n{2,}/).map((each) => h("p", { dir: "auto" }, each));
}

function dots(): HTMLElement {
  return h("div", { class: "bubble dots", "aria-hidden": "true" }, h("i"), h("i"), h("i"));
}

function sources(found: Source[]): HTMLElement {
  const items = found.map(({ claim, href }) => h("li", { dir: "auto" }, href ? link(claim, href) : h("span", {}, claim)));
  return h("div", { class: "sources" }, h("p", { class: "head" }, icon("proof"), words.sources), h("ol", {}, ...items));
}

function link(claim: string, href: string): HTMLElement {
  const made = h("a", { href, target: "_blank", rel: "noopener noreferrer nofollow" }, h("span", { class: "claim" }, claim));
  const host = h("span", { class: "host", dir: "ltr" }, new URL(href).hostname.replace(/^www\./, ""), icon("out"));
  made.append(host, h("span", { class: "aloud" }, ` (${words.newTab})`));
  return made;
}

function handOver({ handOver: how }: Message): HTMLElement {
  if (!how) return h("div");
  const { head, text } = handOverWords(how);
  const state = how.isSomebodyFree ? "free" : "nobody";
  return h("div", { class: `handover ${state}` }, icon("person"), h("div", {}, h("strong", {}, head), h("p", {}, text)));
}
