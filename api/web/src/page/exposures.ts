import type { Config } from "../shared/config";
import { newId, type Privacy } from "../shared/privacy";
import { post } from "./events";

const GATHERED_MS = 500;
const LONGEST_ID = 200;

/** What was shown, and by which decision. */
export interface Shown {
  readonly decision: string;
  readonly slot: string;
}

/** Reports what came of a decision: the page has it, half of a slot was in view, a link of it was followed. */
export class Exposures {
  private readonly watched = new WeakMap<Element, Shown>();
  private readonly told = new Set<string>();
  private readonly observer: IntersectionObserver | undefined;
  private waiting: object[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly config: Config,
    private readonly privacy: Privacy,
  ) {
    if (!("IntersectionObserver" in window)) return;
    this.observer = new IntersectionObserver((seen) => this.see(seen), { threshold: [0, 0.5] });
    addEventListener("visibilitychange", () => document.visibilityState === "hidden" && this.send(), true);
    addEventListener("pagehide", () => this.send(), true);
  }

  /** Watch a slot that shows what a decision said, what was authored included: else its groups could not be compared. */
  watch(slot: HTMLElement, shown: Shown): void {
    this.tell("delivered", shown, `${shown.decision}:delivered`);
    const before = this.watched.get(slot);
    this.watched.set(slot, shown);
    if (before?.decision === shown.decision && before.slot === shown.slot) return;
    if (!before) slot.addEventListener("click", (event) => this.click(slot, event));
    this.observer?.unobserve(slot);
    this.observer?.observe(slot);
  }

  private see(seen: IntersectionObserverEntry[]): void {
    for (const { target, isIntersecting, intersectionRatio, intersectionRect } of seen) {
      const shown = this.watched.get(target);
      // a slot higher than the window is seen when it fills half of that
      if (!shown || !isIntersecting || (intersectionRatio < 0.5 && intersectionRect.height < innerHeight / 2)) continue;
      this.observer?.unobserve(target);
      this.tell("exposed", shown, `${shown.decision}:exposed:${shown.slot}`);
    }
  }

  private click(slot: HTMLElement, { target }: Event): void {
    const shown = this.watched.get(slot);
    if (shown && target instanceof Element && target.closest("a, button")) this.tell("click", shown, newId());
  }

  /** Tell something once: under its id the service takes it once too, on whatever page it is told again. */
  private tell(kind: string, { decision, slot }: Shown, id: string): void {
    // what somebody got who may not be known was decided for nobody
    if (this.told.has(id) || !this.privacy.mayKnow) return;
    this.told.add(id);
    this.waiting.push({
      id: id.slice(0, LONGEST_ID),
      decision_id: decision,
      kind,
      visitor: this.privacy.visitor,
      flag: slot,
      at: new Date().toISOString(),
    });
    this.timer ??= setTimeout(() => this.send(), GATHERED_MS);
  }

  private send(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const outcomes = this.waiting.splice(0);
    if (!outcomes.length) return;
    const body = JSON.stringify({ writeKey: this.config.key, outcomes });
    const url = `${this.config.origin}/v1/outcomes`;
    if (document.visibilityState === "hidden" && navigator.sendBeacon?.(url, body)) return;
    post(url, body).catch(() => undefined);
  }
}
