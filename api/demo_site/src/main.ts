import { h } from "./dom";
import { askAgain, followFlags } from "./flags";
import { drawPanel, type Shown } from "./panel";
import { currentVisit, forgetVisit, visitAs } from "./visit";

interface Persona {
  readonly key: string;
  readonly name: string;
  readonly title: string;
  readonly company: string;
  readonly note: string;
}

const EVERY_MS = 1_500;
const SETTLED_MS = 2_500;
const MOST_TRIES = 4;
const script = document.currentScript as HTMLScriptElement;
const key = script.dataset["key"] ?? "";
const visit = currentVisit(script.dataset["visit"] ?? "");
const path = location.pathname.replace(/^\/demo/, "") || "/";

document.documentElement.classList.add("watched"); // before anything is painted: the panel then moves nothing

// the page is told of as it is on the vendor's site, where it lies at the root
const segue = ((window as unknown as { segue?: unknown[] }).segue ??= []);
segue.push(["page", document.title, { path, url: `https://www.example.com${path}` }]);

async function behindThePage(): Promise<void> {
  const people = h("section", { "aria-label": "Visit as" });
  const place = h("div", { class: "said-of", tabindex: "0", role: "group", "aria-label": "The decision" });
  const below = h("div", { class: "below", role: "log", "aria-label": "Slack" });
  const panel = h("aside", { class: "behind", "aria-label": "Behind the page" },
    h("header", {}, h("b", {}, "Behind the page"), h("span", {}, "Segue, live")), people, place, below);
  document.body.prepend(panel);
  const personas = (await (await fetch("/demo/api/personas")).json()) as Persona[];
  people.append(h("h2", {}, "Visit as"), h("div", { class: "people" }, ...personas.map(choice)));
  let before: Shown | undefined;
  let text = "";
  let onPage = "";
  let tries = 0;
  const look = async (): Promise<void> => {
    const query = new URLSearchParams({ visitor: visit.visitor, path });
    const asked = await fetch(`/demo/api/panel?${query}`);
    if (asked.status === 404) return startOver();
    const said = await asked.text();
    if (!asked.ok) return;
    if (said !== text) {
      const shown = JSON.parse(said) as Shown;
      drawPanel(place, below, shown, before);
      [before, text, tries] = [shown, said, MOST_TRIES];
    }
    if (onPage && before && onPage !== before.play.name && tries-- > 0) askAgain();
  };
  await look();
  const again = (): void => {
    if (document.visibilityState === "visible") look().catch(() => undefined);
  };
  setInterval(again, EVERY_MS);
  const showing = (play: string): void => {
    onPage = play;
    again();
  };
  followFlags(key, visit, showing).catch((error: unknown) => console.warn("OpenFeature:", error));
  setTimeout(askAgain, SETTLED_MS);
}

function choice({ key: persona, name, title, company, note }: Persona): HTMLElement {
  const button = h("button", { type: "button", "aria-pressed": String(persona === visit.persona), "data-persona": persona },
    h("b", {}, name), h("small", {}, `${title}, ${company}`), h("small", { class: "hint" }, note));
  button.addEventListener("click", () => void visitAs(persona));
  return button;
}

/** The demo was started anew since: so is the visit. */
function startOver(): void {
  forgetVisit();
  location.reload();
}

addEventListener("DOMContentLoaded", () => {
  document.querySelector(`[data-nav="${document.body.dataset["here"] ?? ""}"]`)?.setAttribute("aria-current", "page");
  behindThePage().catch((error: unknown) => console.warn("The side panel:", error));
});
