import { h } from "./dom";

export interface Post {
  readonly to: string;
  readonly lines: readonly { readonly kind: string; readonly text: string }[];
  readonly buttons: readonly string[];
}

/** Draw what was posted, as Slack shows it to the rep. */
export function slackPane(posts: readonly Post[], isNew: boolean): HTMLElement {
  const pane = h("div", { class: isNew ? "slack news" : "slack" });
  if (!posts.length) {
    pane.append(h("p", { class: "none" }, "In Slack: nothing yet about this account."));
    return pane;
  }
  for (const { to, lines, buttons } of posts) {
    pane.append(
      h("header", {}, "Segue", h("small", {}, to.startsWith("U") || to.startsWith("D") ? "direct message to the owner" : to)),
      h("div", { class: "post" },
        h("span", { class: "face", "aria-hidden": "true" }, "S"),
        h("div", {}, ...lines.map(({ kind, text }) => h("p", { class: kind }, text)),
          ...(buttons.length ? [h("p", { class: "buttons" }, ...buttons.map((each) => h("span", {}, each)))] : []))),
    );
  }
  return pane;
}
