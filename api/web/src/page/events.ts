import type { Config } from "../shared/config";
import { newId, type Privacy } from "../shared/privacy";

type Fields = Readonly<Record<string, unknown>>;
/** The short forms of the Segment spec: identify, track, page. */
export type Kind = "i" | "t" | "p";
const NAMES = { i: "identify", t: "track", p: "page" } as const;
const MOST_WAITING = 50;
const TRIES = 4;
const LATEST_MS = 300;

/** Send text without a preflight, and let it outlive the page. */
export function post(url: string, body: string): Promise<Response> {
  return fetch(url, {
    method: "POST",
    body,
    headers: { "content-type": "text/plain" },
    keepalive: body.length < 60_000,
    credentials: "omit",
  });
}

/** What this page tells of somebody: sent where they may be known, held back while it is not said, else dropped. */
export class Events {
  private user: string | undefined;
  private waiting: (() => void)[] = [];
  /** The page itself comes first: what is told waits for a frame, where there are any. */
  private readonly painted = new Promise<void>((go) => {
    requestAnimationFrame(() => setTimeout(go));
    setTimeout(go, LATEST_MS);
  });

  constructor(
    private readonly config: Config,
    private readonly privacy: Privacy,
  ) {}

  /** Say who they are; the id holds for what follows on this page. */
  identify(userId: unknown, traits: Fields = {}): void {
    const named = typeof userId === "string" || typeof userId === "number";
    const said = named ? traits : ((userId ?? {}) as Fields);
    if (named) this.user = String(userId);
    this.send("i", { traits: said });
  }

  track(event: string, properties: Fields = {}): void {
    this.send("t", { event, properties });
  }

  page(name?: string, properties: Fields = {}): void {
    this.send("p", { ...(name ? { name } : {}), properties: { ...here(), ...properties } });
  }

  /** Send what was held back, or drop it, now that they said something. */
  settle(): void {
    const held = this.waiting;
    this.waiting = [];
    if (this.privacy.mayKnow) for (const send of held) send();
  }

  private send(kind: Kind, told: Fields): void {
    const page = here();
    const at = new Date();
    const send = (): void => {
      const event = {
        ...told,
        type: NAMES[kind],
        messageId: `segue-${newId()}`,
        anonymousId: this.privacy.visitor,
        ...(this.user ? { userId: this.user } : {}),
        timestamp: at.toISOString(),
        context: { page, locale: navigator.language, userAgent: navigator.userAgent, library: { name: "segue.js" } },
        writeKey: this.config.key,
      };
      void this.painted.then(() => this.deliver(kind, event, 1));
    };
    if (this.privacy.mayKnow) send();
    else if (this.privacy.consent === "unknown" && this.waiting.length < MOST_WAITING) this.waiting.push(send);
  }

  /** Deliver an event, again where the service does not answer: under its message id it counts once. */
  private deliver(kind: Kind, event: Fields, attempt: number): void {
    const again = (): void => {
      if (attempt < TRIES) setTimeout(() => this.deliver(kind, event, attempt + 1), 1_000 * 4 ** (attempt - 1));
    };
    post(`${this.config.origin}/v1/${kind}`, JSON.stringify({ ...event, sentAt: new Date().toISOString() })).then(
      (answer) => {
        if (answer.status === 429 || answer.status >= 500) again();
      },
      again,
    );
  }
}

/** The page as the Segment spec has it. */
function here(): Record<string, string> {
  const { pathname, search, href } = location;
  return { path: pathname, search, url: href.split("#")[0] ?? href, title: document.title, referrer: document.referrer };
}
