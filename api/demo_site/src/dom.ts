/** Make an element. What it holds is text, never markup. */
export function h(
  tag: string,
  attributes: Record<string, string> = {},
  ...content: (Node | string | null | undefined)[]
): HTMLElement {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...content.filter((each): each is Node | string => each !== null && each !== undefined && each !== ""));
  return made;
}
