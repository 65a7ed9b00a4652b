import type { Config } from "../shared/config";
import type { Privacy } from "../shared/privacy";
import { Exposures } from "./exposures";
import { Flags, type Answer } from "./flags";
import { hasPainted } from "./room";
import { Slots, slotsIn } from "./slots";
import { Stream } from "./stream";
import { askedBy, type Value } from "./values";

const BUDGET_MS = 200;
const MOST_BUDGET_MS = 10_000;

/** One page and its slots: asks once, fills within the budget, and leaves the page as it was after that. */
export class Page {
  private readonly slots = new Slots();
  private readonly flags: Flags;
  private readonly exposures: Exposures;
  private readonly stream: Stream;
  private readonly budget: number;
  private readonly asking = new WeakSet<HTMLElement>();
  private answer: Answer | undefined;
  /** True while an answer may still change what is shown. */
  private isOpen = false;
  private turn = 0;

  /** `declare` is called with what somebody says of themselves by pressing an answer. */
  constructor(
    config: Config,
    privacy: Privacy,
    private readonly declare: (traits: Record<string, Value>) => void,
  ) {
    this.flags = new Flags(config, privacy);
    this.budget = Math.min(Number(config.script.dataset["budget"]) || BUDGET_MS, MOST_BUDGET_MS);
    this.exposures = new Exposures(config, privacy);
    this.stream = new Stream(config.origin, () => void this.refresh());
    new MutationObserver((changes) => {
      for (const { addedNodes } of changes) {
        for (const node of addedNodes) if (node instanceof HTMLElement) this.meet(slotsIn(node), true, true);
      }
    }).observe(document.documentElement, { childList: true, subtree: true });
  }

  /** A page is shown: begin with what was answered last, ask, and take the answer if it comes in time. */
  async show(): Promise<void> {
    this.slots.sweep();
    this.answer = this.flags.kept();
    this.isOpen = true;
    this.meet(slotsIn(document), !hasPainted());
    const turn = ++this.turn;
    const timer = setTimeout(() => this.close(), this.budget);
    const answer = await this.ask();
    if (turn !== this.turn) return;
    clearTimeout(timer);
    if (answer && this.isOpen) {
      this.answer = answer;
      this.meet(slotsIn(document));
    }
    this.close();
  }

  /** Ask again at the host's or the service's wish, and show what is answered wherever nothing moves by it. */
  async refresh(): Promise<void> {
    const turn = ++this.turn;
    const answer = await this.ask();
    if (turn !== this.turn) return;
    if (answer) this.answer = answer;
    this.meet(slotsIn(document));
    this.close();
  }

  /** Somebody else may be looking: what was answered is not theirs. */
  forget(): void {
    this.flags.forget();
  }

  private close(): void {
    this.isOpen = false;
    this.slots.letGo();
  }

  private async ask(): Promise<Answer | undefined> {
    try {
      const answer = await this.flags.ask();
      this.stream.follow(answer?.stream);
      return answer;
    } catch {
      return undefined; // the service is down: the page stands as authored
    }
  }

  /** Fill slots from the answer that is there; those that nobody saw yet wait for it, for as long as the budget is. */
  private meet(slots: HTMLElement[], mayHold = false, isNew = false): void {
    for (const slot of slots) {
      const name = slot.dataset["segueSlot"] ?? "";
      const flag = this.answer?.flags.get(name);
      if (!flag) {
        if (mayHold && this.isOpen && !this.answer) this.slots.hold(slot);
        continue;
      }
      const filled = this.slots.fill(slot, flag.value, isNew);
      this.slots.letGo(slot);
      if (filled === "kept") console.warn(`Segue: the slot ${name} has no room for its answer; see docs/web.md`);
      else if (askedBy(flag.value)) this.listen(slot);
      if (filled !== "kept" && flag.decision) this.exposures.watch(slot, { decision: flag.decision, slot: name });
    }
  }

  /** Take the press of an answer to a slot's question, whatever it asks by then. */
  private listen(slot: HTMLElement): void {
    if (this.asking.has(slot)) return;
    this.asking.add(slot);
    slot.addEventListener("click", ({ target }) => {
      const asked = askedBy(this.answer?.flags.get(slot.dataset["segueSlot"] ?? "")?.value);
      const place = target instanceof Element && target.closest("[data-segue-item]");
      const at = place ? Array.from(slot.querySelectorAll("[data-segue-item]")).indexOf(place) : -1;
      const value = asked?.values[at];
      if (asked && value !== undefined) this.declare({ [asked.trait]: value });
    });
  }
}
