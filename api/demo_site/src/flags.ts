import { OFREPWebProvider } from "@openfeature/ofrep-web-provider";
import { OpenFeature, ProviderEvents, type JsonValue } from "@openfeature/web-sdk";
import type { Visit } from "./visit";

/** What the site's own code shows, by OpenFeature's web SDK: the button of the header and the plan that fits. */
export async function followFlags(key: string, visit: Visit, onChange: (play: string) => void): Promise<void> {
  const headers: [string, string][] = [["Authorization", `Bearer ${key}`]];
  if (visit.token) headers.push(["Segue-Identity", visit.token]);
  const client = OpenFeature.getClient();
  const show = (): void => {
    const variant = client.getStringValue("page_variant", "default");
    showButton(variant === "customer_hub" ? { action: variant } : client.getObjectValue("cta", {} as JsonValue));
    showPlan(variant, client.getStringValue("play", "silence"));
    onChange(client.getStringValue("play", "silence"));
  };
  client.addHandler(ProviderEvents.Ready, show);
  client.addHandler(ProviderEvents.ConfigurationChanged, show);
  client.addHandler(ProviderEvents.ContextChanged, show); // what was asked for again
  const provider = new OFREPWebProvider({ baseUrl: location.origin, headers, cacheMode: "disabled" });
  await OpenFeature.setProviderAndWait(provider, { targetingKey: visit.visitor, path: location.pathname });
  isReady = true;
}

let isReady = false;

/** Ask again: the page view that was just told may have moved the label before the page's streams were open. */
export function askAgain(): void {
  if (isReady) OpenFeature.setContext({ ...OpenFeature.getContext() }).catch(() => undefined);
  (window as unknown as { segue?: { push?: (command: unknown[]) => void } }).segue?.push?.(["refresh"]);
}

const BUTTONS: Record<string, string> = {
  book_meeting: "Book a session",
  read_benchmark: "Your benchmark",
  start_trial: "Start a trial",
  pick_plan: "Find your plan",
  customer_hub: "Your hub",
};

function showButton(value: unknown): void {
  const action = (value as { action?: unknown } | null)?.action;
  const button = document.querySelector("[data-top]");
  const text = typeof action === "string" ? BUTTONS[action] : undefined;
  if (button && text) button.textContent = text;
}

function showPlan(variant: string, play: string): void {
  const fits: Record<string, string> = { industry_proof: "industry_proof", roi_first: "industry_proof", self_serve: "self_serve" };
  const plan = play === "plan_picker_banner" ? "self_serve" : fits[variant];
  for (const each of document.querySelectorAll<HTMLElement>("[data-plan]")) {
    each.toggleAttribute("data-fits", each.dataset["plan"] === plan);
  }
}
