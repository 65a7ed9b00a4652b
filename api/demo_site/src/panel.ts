import { h } from "./dom";
import { slackPane, type Post } from "./slack";

interface Clause {
  readonly title: string;
  readonly value: string;
  readonly clause: string;
  readonly verdict: boolean | null;
}

/** What the backend says of a visit. */
export interface Shown {
  readonly account: { readonly name: string; readonly domain: string; readonly owner: string | null } | null;
  readonly identity: { readonly method: string; readonly confidence: number } | null;
  readonly intent: number | null;
  readonly label: {
    readonly segment: string;
    readonly title: string;
    readonly status: string;
    readonly because: readonly Clause[];
    readonly missing: readonly string[];
  };
  readonly play: { readonly name: string; readonly title: string; readonly message: string | null; readonly chooser: string };
  readonly passed_over: readonly { readonly play: string; readonly reason: string }[];
  readonly flips: readonly { readonly title: string; readonly from: string; readonly to: string; readonly then: string }[];
  readonly moves: readonly { readonly from: string | null; readonly to: string; readonly at: string; readonly cause: string }[];
  readonly slack: readonly Post[];
}

const STATUS: Record<string, string> = { matched: "settled", provisional: "provisional", residual: "by default" };
const METHOD: Record<string, string> = {
  work_email: "their work address", token: "a signed token", browser_work_email: "an address typed here", address: "their network",
};
const IN_MARKET = 60;

/** Draw everything behind one visit; what is another than before is marked for a moment. */
export function drawPanel(place: HTMLElement, below: HTMLElement, shown: Shown, before: Shown | undefined): void {
  const news = (is: boolean): Record<string, string> => (is && before ? { class: "news" } : {});
  place.replaceChildren(
    h("section", news(shown.label.segment !== before?.label.segment), ...label(shown)),
    h("section", news(shown.play.name !== before?.play.name), ...play(shown)),
    ...(shown.flips.length ? [h("section", {}, h("h2", {}, "What would flip it"), ...shown.flips.map(flip))] : []),
    ...(shown.passed_over.length ? [h("section", {}, h("h2", {}, "Passed over on this page"), ...shown.passed_over.map(over))] : []),
    ...(shown.moves.length ? [h("section", {}, h("h2", {}, "How it moved"), ...shown.moves.map(move))] : []),
  );
  const posted = shown.slack.length;
  below.replaceChildren(slackPane(shown.slack, posted !== (before?.slack.length ?? posted)));
}

function label({ account, identity, intent, label: said }: Shown): Node[] {
  const who = account
    ? `${account.name}${identity ? `, known by ${METHOD[identity.method] ?? identity.method}` : ""}`
    : "No account: nobody knows who this is";
  const known = intent === null ? [] : [
    h("div", { class: "row" }, h("span", {}, "Intent"), h("span", {}, `${Math.round(intent)} of 100, in the market from ${IN_MARKET}`)),
    meter(intent),
  ];
  const reasons = said.because.map(({ title, value, verdict, clause }) =>
    h("div", { class: verdict ? "row" : "row no", title: clause }, h("span", {}, title), h("span", {}, value)));
  const missing = said.missing.length ? [h("p", { class: "soft" }, `Would settle it: ${said.missing.join(", ")}`)] : [];
  return [
    h("h2", {}, "Label"),
    h("p", { class: "label" }, h("b", { "data-segment": said.segment }, said.title), h("span", { class: `status ${said.status}` }, STATUS[said.status] ?? said.status)),
    h("p", { class: "soft" }, who),
    ...known,
    ...reasons,
    ...missing,
  ];
}

function meter(intent: number): HTMLElement {
  const bar = h("i");
  bar.style.width = `${Math.min(100, Math.max(0, intent))}%`;
  return h("div", { class: "meter", role: "presentation" }, bar);
}

function play({ play: said, account }: Shown): Node[] {
  const by = said.chooser === "rules" ? "Chosen by rules" : "Chosen by the model, among what policy permits";
  return [
    h("h2", {}, "Play on this page"),
    h("p", { class: "play" }, h("b", { "data-play": said.name }, said.title)),
    ...(said.message ? [h("p", { class: "said" }, said.message)] : []),
    h("p", { class: "soft" }, account?.owner ? `${by}. Owner: ${account.owner}` : by),
  ];
}

function flip({ title, from, to, then }: Shown["flips"][number]): HTMLElement {
  return h("p", { class: "flip" }, `${title}: ${from} → ${to}. `, h("em", {}, then));
}

function over({ play: name, reason }: Shown["passed_over"][number]): HTMLElement {
  return h("p", { class: "over" }, name, h("small", {}, reason));
}

function move({ from, to, at, cause }: Shown["moves"][number]): HTMLElement {
  const time = new Date(at).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  return h("p", { class: "over" }, from ? `${from} → ${to}` : to, h("small", {}, `${time}, by ${cause}`));
}
