const TOLERANCE = 0.5;
const MOST_INSIDE = 200;

/** True unless the slot is below what is in view. Whether a frame with it was painted cannot be told in time. */
export function isInView(slot: HTMLElement): boolean {
  return slot.getBoundingClientRect().top < innerHeight;
}

/** True once the browser has told of a paint of this page, which is a little after it. */
export function hasPainted(): boolean {
  return performance.getEntriesByType("paint").length > 0;
}

/** Keep the room that a slot has, and return what tells whether everything around it stands where it stood. */
export function frame(slot: HTMLElement): () => boolean {
  const height = slot.getBoundingClientRect().height;
  const before = places(slot);
  return () => {
    const inline = getComputedStyle(slot).display === "inline";
    if (!inline && height && slot.getBoundingClientRect().height < height - TOLERANCE) {
      const border = getComputedStyle(slot).boxSizing === "border-box";
      slot.style.minHeight = `${border ? height : height - edges(slot)}px`;
    }
    const now = places(slot);
    return before.every((each, at) => Math.abs(each - (now[at] ?? 0)) <= TOLERANCE);
  };
}

/** The height of an element's padding and borders. */
function edges(slot: HTMLElement): number {
  const style = getComputedStyle(slot);
  return [style.paddingTop, style.paddingBottom, style.borderTopWidth, style.borderBottomWidth]
    .map(parseFloat)
    .reduce((sum, each) => sum + each, 0);
}

/** Where the slot begins, where what stands before and after it is, and how large its parent is. */
function places(slot: HTMLElement): number[] {
  const parent = slot.parentElement;
  const own = slot.getBoundingClientRect();
  if (!parent) return [own.left, own.top];
  const whole = parent.getBoundingClientRect();
  const range = document.createRange();
  const around: DOMRect[] = [];
  range.selectNodeContents(parent);
  range.setEndBefore(slot);
  around.push(range.getBoundingClientRect());
  range.selectNodeContents(parent);
  range.setStartAfter(slot);
  around.push(range.getBoundingClientRect());
  return [own.left, own.top, whole.width, whole.height, ...around.flatMap((each) => [each.left, each.top, each.width, each.height])];
}

/**
 * Note where everything inside a slot stands, and return what to call once its content is another.
 *
 * What then stands elsewhere inside the slot is taken out and put in again at once: it is new content in the same
 * place, and not old content that moved. What has focus, or would start anew, is left.
 */
export function settle(slot: HTMLElement): () => void {
  const before = inside(slot);
  return () => {
    const now = new Map(inside(slot));
    for (const [node, [left, top]] of before) {
      const place = now.get(node);
      if (!place || (Math.abs(place[0] - left) <= TOLERANCE && Math.abs(place[1] - top) <= TOLERANCE)) continue;
      const isLive = node instanceof Element && node.matches("iframe, video, audio, :has(iframe, video, audio)");
      if (!isLive && !node.contains(document.activeElement)) (node as ChildNode).replaceWith(node);
    }
  };
}

/** The nodes inside a slot that take room, and where they begin. */
function inside(slot: HTMLElement): [Node, [number, number]][] {
  const found: [Node, [number, number]][] = [];
  const walker = document.createTreeWalker(slot, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  while (walker.nextNode() && found.length < MOST_INSIDE) {
    range.selectNode(walker.currentNode);
    const { left, top, width } = range.getBoundingClientRect();
    if (width) found.push([walker.currentNode, [left, top]]);
  }
  return found;
}
