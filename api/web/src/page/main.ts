import { readConfig } from "../shared/config";
import { Privacy } from "../shared/privacy";
import { Events } from "./events";
import { Page } from "./page";
import { onNavigation } from "./navigation";

const TAKEN_MS = 500;

type Command = [name: string, ...given: unknown[]];
type Call = (...given: never[]) => unknown;

/** Start the script: once on a page, however often its tag stands there, and never in the host's way. */
function start(): void {
  const host = window as unknown as { segue?: unknown };
  if (host.segue && !Array.isArray(host.segue)) return;
  const config = readConfig("segue.js");
  if (!config) return;
  const privacy = new Privacy(config.asksFirst);
  const events = new Events(config, privacy);
  const page = new Page(config, privacy, (traits) => {
    events.identify(traits);
    setTimeout(() => void page.refresh(), TAKEN_MS); // where no stream says that it was taken
  });

  const calls: Record<string, Call> = {
    identify(userId: unknown, traits?: Record<string, unknown>) {
      events.identify(userId, traits);
      page.forget();
    },
    track: (name: string, properties?: Record<string, unknown>) => events.track(name, properties),
    page: (name?: string, properties?: Record<string, unknown>) => events.page(name, properties),
    consent(said: unknown) {
      const granted = said === true || said === "granted";
      const had = privacy.mayKnow;
      if (had && !granted) events.track("Consent Updated", { personalization: "denied" });
      privacy.say(granted ? "granted" : "denied");
      if (granted && privacy.mayKnow) events.track("Consent Updated", { personalization: "granted" });
      events.settle();
      if (had !== privacy.mayKnow) {
        page.forget();
        return page.refresh();
      }
      return undefined;
    },
    refresh: () => page.refresh(),
    visitor: () => privacy.visitor,
  };
  const run = (command: Command): unknown => {
    try {
      const [name, ...given] = command;
      const call = Object.hasOwn(calls, name) ? calls[name] : undefined;
      if (call) return call(...(given as never[]));
      console.warn(`Segue: no command ${String(name).slice(0, 50)}`);
    } catch (error) {
      console.warn("Segue:", error);
    }
    return undefined;
  };
  const queued = (host.segue ?? []) as Command[];
  const names = Object.keys(calls).map((name) => [name, (...given: unknown[]) => run([name, ...given])]);
  host.segue = { ...Object.fromEntries(names), push: (...commands: Command[]) => commands.forEach(run) };

  for (const command of queued.filter(([name]) => name === "consent")) run(command);
  const begin = (): void => {
    if (config.script.dataset["page"] !== "manual") events.page();
    void page.show();
  };
  begin();
  for (const command of queued.filter(([name]) => name !== "consent")) run(command);
  onNavigation(begin);
}

start();
