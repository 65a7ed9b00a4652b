import { frame, isInView, settle } from "./room";
import { part, readable, type Item, type Value } from "./values";

const SLOT = "[data-segue-slot]";

type Undo = () => void;

/** What became of a slot: `kept` where its place has no room for what was answered. */
export type Filled = "filled" | "kept" | "authored";

/** All slots at or below a node. */
export function slotsIn(root: ParentNode | Element): HTMLElement[] {
  const found = Array.from(root.querySelectorAll<HTMLElement>(SLOT));
  if (root instanceof HTMLElement && root.matches(SLOT)) found.unshift(root);
  return found;
}

/**
 * Fills the slots of a page with what was answered, text and links alone, and takes it back again.
 *
 * Nothing may move: a slot that was seen keeps its height, and an answer that would push something aside is taken
 * back in the same turn, before the browser paints.
 */
export class Slots {
  private readonly changed = new Map<HTMLElement, { value: Value; changes: Undo[] }>();
  private readonly held = new Set<HTMLElement>();

  /** Hide a slot that nobody has seen yet until it is filled or let go; its room is kept. */
  hold(slot: HTMLElement): void {
    if (this.held.has(slot) || slot.style.visibility) return;
    this.held.add(slot);
    slot.style.visibility = "hidden";
  }

  /** Show a held slot, or all of them. */
  letGo(...slots: HTMLElement[]): void {
    for (const slot of slots.length ? slots : [...this.held]) {
      if (this.held.delete(slot)) slot.style.visibility = "";
    }
  }

  /**
   * Put a value in the place of what was authored. A value that says nothing brings back what was authored.
   *
   * `isNew` is said of a slot that came into the page just now: nobody saw it, and what follows it comes with it.
   */
  fill(slot: HTMLElement, value: Value | undefined, isNew: boolean): Filled {
    const before = this.changed.get(slot);
    if (before && isSame(before.value, value)) return "filled";
    const seen = !isNew && isInView(slot);
    const isStill = frame(slot);
    const settled = seen ? settle(slot) : undefined;
    takeBack(before?.changes);
    this.changed.delete(slot);
    const changes = value === undefined ? [] : apply(slot, value);
    if ((before || changes.length) && seen && !isStill()) {
      takeBack(changes);
      if (before) this.changed.set(slot, { value: before.value, changes: apply(slot, before.value) });
      return "kept";
    }
    settled?.();
    if (value === undefined || !changes.length) return "authored";
    this.changed.set(slot, { value, changes });
    return "filled";
  }

  /** Forget slots that have left the page. */
  sweep(): void {
    for (const slot of this.changed.keys()) if (!slot.isConnected) this.changed.delete(slot);
    for (const slot of this.held) if (!slot.isConnected) this.held.delete(slot);
  }
}

function takeBack(changes: Undo[] = []): void {
  for (const each of changes.reverse()) each();
}

function isSame(one: Value, other: Value | undefined): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** Change a slot as a value says, and return how to take it back. Nothing is ever read as HTML. */
function apply(slot: HTMLElement, value: Value): Undo[] {
  const changes: Undo[] = [];
  const { variant, item, items, hidden } = readable(value);
  const variants = Array.from(slot.querySelectorAll<HTMLElement>("[data-segue-variant]"));
  const chosen = variants.find((each) => each.dataset["segueVariant"] === variant);
  if (chosen) {
    for (const each of variants) {
      const was = each.hidden;
      const wanted = each !== chosen;
      if (was === wanted) continue;
      each.hidden = wanted;
      changes.push(() => (each.hidden = was));
    }
    if (!changes.length) changes.push(() => undefined); // what was authored is what was chosen
  }
  if (!chosen && variants.length === 0) fillItem(slot, item, changes);
  if (items) fillItems(slot, items, changes);
  if (hidden) {
    const was = slot.style.visibility;
    slot.style.visibility = "hidden";
    changes.push(() => (slot.style.visibility = was));
  }
  return changes;
}

/** Fill the authored places for items; those that are left over are hidden. */
function fillItems(slot: HTMLElement, items: Item[], changes: Undo[]): void {
  const places = Array.from(slot.querySelectorAll<HTMLElement>("[data-segue-item]"));
  places.forEach((place, at) => {
    const item = items[at];
    if (item) fillItem(place, item, changes);
    const was = place.hidden;
    if (was === !item) return;
    place.hidden = !item;
    changes.push(() => (place.hidden = was));
  });
}

function fillItem(place: HTMLElement, item: Item, changes: Undo[]): void {
  const text = part(place, "[data-segue-text]");
  if (text && item.text !== undefined) {
    const was = text.textContent;
    if (was !== item.text) text.textContent = item.text;
    changes.push(() => (text.textContent = was));
  }
  const link = place instanceof HTMLAnchorElement ? place : place.querySelector<HTMLAnchorElement>("a[data-segue-href]");
  if (link && item.href !== undefined) {
    const was = link.getAttribute("href");
    link.setAttribute("href", item.href);
    changes.push(() => (was === null ? link.removeAttribute("href") : link.setAttribute("href", was)));
  }
}
