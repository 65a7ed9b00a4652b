import type { Config } from "../shared/config";
import { Privacy } from "../shared/privacy";
import { Chat, type Listener } from "./chat";
import { Composer } from "./composer";
import { h, icon } from "./dom";
import { Log } from "./log";
import type { Message } from "./protocol";
import styles from "./styles";
import { failures, words, type Failure } from "./words";

const OPEN = "segue_chat_open";
const MOST_SUGGESTED = 4;

/** `<segue-chat>`: a button in the corner of a page, and the conversation that it opens. */
export class SegueChat extends HTMLElement implements Listener {
  private readonly launcher = h("button", { type: "button", class: "launcher", "aria-expanded": "false", "aria-controls": "panel" });
  private readonly panel = h("section", { id: "panel", class: "panel", role: "dialog", "aria-labelledby": "title", hidden: true });
  private readonly status = h("div", { class: "aloud", role: "status" });
  private readonly log = new Log((label, value) => this.say(label, value));
  private readonly composer = new Composer((text) => this.say(text));
  private isResumed = false;
  private problem: HTMLElement | undefined;
  private chat!: Chat;
  private readonly again = tool("again", words.again, () => this.startOver());
  private suggested: string[] = [];
  private greeting: string = words.greeting;

  /** Draw the widget as the script tag says. Called once, before it is put into the page. */
  start(config: Config): void {
    const { title, greeting, color, suggest } = config.script.dataset;
    this.greeting = greeting ?? words.greeting;
    this.suggested = (suggest ?? "").split("|").map((each) => each.trim()).filter(Boolean).slice(0, MOST_SUGGESTED);
    if (color && CSS.supports("color", color)) this.style.setProperty("--segue-accent", color);
    this.chat = new Chat(config, new Privacy(config.asksFirst), this);
    const root = this.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(styles);
    root.adoptedStyleSheets = [sheet];
    this.build(title ?? words.title);
    root.append(this.panel, this.launcher);
    root.addEventListener("keydown", (event) => this.key(event as KeyboardEvent));
    this.log.clear(this.greeting, this.suggested);
    if (recallOpen() && !this.isFull()) void this.resume().then((isThere) => isThere && this.open());
  }

  get isOpen(): boolean {
    return !this.panel.hidden;
  }

  /** Open the conversation, and put the focus where one writes. */
  open(): void {
    this.panel.hidden = false;
    this.panel.setAttribute("aria-modal", String(this.isFull()));
    this.launcher.setAttribute("aria-expanded", "true");
    this.label();
    this.log.toEnd();
    this.composer.focus();
    remember(true);
    void this.resume();
  }

  /** Close the conversation, and give the focus back to the button. */
  close(): void {
    this.panel.hidden = true;
    this.launcher.setAttribute("aria-expanded", "false");
    this.label();
    this.launcher.focus();
    remember(false);
  }

  /** Say something for the visitor. */
  say(text: string, value?: { readonly of: unknown }): void {
    if (this.chat.isBusy) return;
    this.clearProblem();
    const asked = this.chat.messages.at(-1);
    void this.chat.say(text, value);
    if (asked?.question) this.log.draw(asked, false);
    if (this.isOpen) this.composer.focus();
  }

  changed(message: Message): void {
    this.again.hidden = false;
    this.log.draw(message, message === this.chat.messages.at(-1));
    if (message.isWriting && !message.text) this.announce(words.writing);
  }

  complete(message: Message): void {
    const { text, question, handOver, isRevised } = message;
    const parts = [isRevised ? words.revisedAloud : "", text || words.silent, question?.question ?? ""];
    if (handOver) parts.push(this.log.element.querySelector(".message:last-child .handover")?.textContent ?? "");
    this.announce(parts.filter(Boolean).join(" "));
    if (!this.isOpen) this.launcher.classList.add("news");
  }

  failed(failure: Failure, mayRetry: boolean): void {
    const retry = h("button", { type: "button", class: "retry" }, words.retry);
    retry.addEventListener("click", () => this.retry());
    this.problem = h("div", { class: "problem", role: "alert" }, h("p", {}, failures[failure]), ...(mayRetry ? [retry] : []));
    this.log.append(this.problem);
  }

  busy(isBusy: boolean): void {
    this.log.element.setAttribute("aria-busy", String(isBusy));
    this.composer.setBusy(isBusy);
  }

  private build(title: string): void {
    this.launcher.append(icon("chat"), icon("close"));
    this.launcher.addEventListener("click", () => (this.isOpen ? this.close() : this.open()));
    this.label();
    this.panel.append(
      h(
        "header",
        {},
        h("div", { class: "titles" }, h("h2", { id: "title", dir: "auto" }, title), h("p", {}, words.about)),
        this.again,
        tool("close", words.close, () => this.close()),
      ),
      this.log.element,
      this.composer.element,
      this.status,
    );
    this.again.hidden = true;
  }

  /** Bring back what was said before; once, when it is to be seen. */
  private async resume(): Promise<boolean> {
    if (this.isResumed) return false;
    this.isResumed = true;
    const isThere = await this.chat.resume();
    if (isThere) this.announce(words.restored);
    return isThere;
  }

  private startOver(): void {
    this.again.hidden = true;
    this.chat.forget();
    this.clearProblem();
    this.log.clear(this.greeting, this.suggested);
    this.composer.focus();
  }

  private retry(): void {
    this.clearProblem();
    const last = this.chat.messages.at(-1);
    if (last?.role === "assistant") this.log.drop(last);
    this.composer.focus();
    void this.chat.retry();
  }

  private clearProblem(): void {
    this.problem?.remove();
    this.problem = undefined;
  }

  private label(): void {
    const label = this.isOpen ? words.close : words.open;
    this.launcher.setAttribute("aria-label", label);
    this.launcher.classList.remove("news");
  }

  private announce(text: string): void {
    this.status.textContent = text;
  }

  private isFull(): boolean {
    return matchMedia("(max-width: 479px)").matches;
  }

  private key(event: KeyboardEvent): void {
    if (event.key === "Escape" && this.isOpen) {
      event.stopPropagation();
      this.close();
    } else if (event.key === "Tab" && this.isOpen && this.isFull()) this.stayInside(event);
  }

  /** Over the whole screen nothing else is to be reached: the focus goes round. */
  private stayInside(event: KeyboardEvent): void {
    const all = Array.from(this.panel.querySelectorAll<HTMLElement>("a[href], button:not(:disabled), textarea, [tabindex='0']"));
    const [first, last] = [all[0], all.at(-1)];
    const at = this.shadowRoot?.activeElement;
    if (event.shiftKey ? at === first : at === last) {
      event.preventDefault();
      (event.shiftKey ? last : first)?.focus();
    }
  }
}

function tool(name: "again" | "close", label: string, act: () => void): HTMLElement {
  const made = h("button", { type: "button", class: "tool", "aria-label": label, title: label }, icon(name));
  made.addEventListener("click", act);
  return made;
}

/** Whether the conversation is open is of this tab alone, and says nothing of anybody. */
function remember(isOpen: boolean): void {
  try {
    if (isOpen) sessionStorage.setItem(OPEN, "1");
    else sessionStorage.removeItem(OPEN);
  } catch {
    /* the browser keeps nothing */
  }
}

function recallOpen(): boolean {
  try {
    return sessionStorage.getItem(OPEN) === "1";
  } catch {
    return false;
  }
}
