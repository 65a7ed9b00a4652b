/** The value of a flag, as JSON has it. */
export type Value = string | number | boolean | null | Value[] | { [name: string]: Value };

/** A question that a slot may ask: of which trait, and the value behind each of its items. */
export interface Asked {
  readonly trait: string;
  readonly values: Value[];
}

/** Return the question that a value asks; undefined where it asks none. */
export function askedBy(value: Value | undefined): Asked | undefined {
  const { trait, answers } = (value ?? {}) as { trait?: Value; answers?: Value };
  if (typeof trait !== "string" || !Array.isArray(answers)) return undefined;
  return { trait, values: answers.map((each) => (each as { value?: Value } | null)?.value ?? each) };
}

/** What a place in a slot can show. */
export interface Item {
  readonly text?: string;
  readonly href?: string;
}

/** A value as the slots understand it. */
export interface Readable {
  readonly variant?: string;
  readonly item: Item;
  readonly items?: Item[];
  readonly hidden: boolean;
}

const LONGEST = 1_000;
const SCHEMES = ["https:", "mailto:", "tel:"];
const TEXTS = ["text", "message", "label", "claim", "title"];
const LINKS = ["href", "url", "page", "evidence", "source"];
const LISTS = ["items", "points", "answers"];
const ADDRESS = /^([/?#]|[a-z]+:)/i;

/** Return what a value means for a slot; what is not understood means nothing. */
export function readable(value: Value): Readable {
  if (typeof value === "string") return { variant: value, item: textItem(value), hidden: false };
  if (Array.isArray(value)) return { item: {}, ...listOf(value), hidden: false };
  if (typeof value === "object" && value !== null) {
    const variant = value["variant"] ?? value["action"];
    const items = LISTS.map((name) => value[name]).find(Array.isArray);
    return {
      ...(typeof variant === "string" ? { variant } : {}),
      item: itemOf(value),
      ...listOf(items),
      hidden: value["hidden"] === true,
    };
  }
  return { item: {}, hidden: value === false };
}

/** An empty list says nothing: what was authored stays. */
function listOf(items: Value[] = []): { items?: Item[] } {
  return items.length ? { items: items.map(itemOf) } : {};
}

function itemOf(value: Value): Item {
  if (typeof value === "string") return textItem(value);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return {};
  const text = [first(value, TEXTS), first(value, ["question"])].filter(Boolean).join(" ");
  const href = safeHref(first(value, LINKS));
  return { ...(text ? textItem(text) : {}), ...(href ? { href } : {}) };
}

function textItem(text: string): Item {
  return text.trim() ? { text: text.slice(0, LONGEST) } : {};
}

function first(value: { [name: string]: Value }, names: string[]): string | undefined {
  for (const name of names) {
    const found = value[name];
    if (typeof found === "string" && found.trim()) return found;
  }
  return undefined;
}

/** Return an address that a link may have: https, mail, telephone, or of this site itself; else undefined. */
export function safeHref(href: string | undefined): string | undefined {
  if (!href || !ADDRESS.test(href)) return undefined; // a bare word is a name, not an address
  try {
    const url = new URL(href, location.href);
    return SCHEMES.includes(url.protocol) || url.origin === location.origin ? href : undefined;
  } catch {
    return undefined;
  }
}

/** Return where the text of a place goes: its marked part, or itself where it holds nothing but text. */
export function part(place: HTMLElement, marked: string): HTMLElement | undefined {
  return place.querySelector<HTMLElement>(marked) ?? (place.childElementCount ? undefined : place);
}
