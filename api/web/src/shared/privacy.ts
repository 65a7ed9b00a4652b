/** What somebody said of having what is known of them kept and used. */
export type Consent = "granted" | "denied" | "unknown";

const CONSENT = "segue_consent";
const VISITOR = "segue_visitor";

/** What this page holds in memory: the page script and the widget share it, and it goes with the page. */
interface Memory {
  visitor?: string;
  consent?: Consent;
}
const shared = window as unknown as { __segue?: Memory };
const memory: Memory = (shared.__segue ??= {});

/** Read a value of the first-party storage; null where there is none or the browser forbids it. */
export function recall(name: string): string | null {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

/** Keep a value, or with null forget it; where the browser forbids it nothing is kept. */
export function keep(name: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(name);
    else localStorage.setItem(name, value);
  } catch {
    /* private mode, or no room: the page's memory has to do */
  }
}

/** A random id, also on pages that are not served over https. */
export function newId(): string {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (each) => each.toString(16).padStart(2, "0")).join("");
}

/** Who may be known, and as whom. Everything that is stored or sent about somebody asks here first. */
export class Privacy {
  constructor(private readonly asksFirst: boolean) {}

  /** The browser says for them that nothing of theirs is to be used (Global Privacy Control). */
  get isSignalled(): boolean {
    return (navigator as { globalPrivacyControl?: boolean }).globalPrivacyControl === true;
  }

  get consent(): Consent {
    if (this.isSignalled) return "denied";
    return memory.consent ?? (recall(CONSENT) as Consent | null) ?? "unknown";
  }

  /** True where their id may be stored and what they do may be sent. */
  get mayKnow(): boolean {
    const said = this.consent;
    return said === "granted" || (said === "unknown" && !this.asksFirst);
  }

  /** What a request says besides, so that the service uses nothing of theirs either. */
  get headers(): Record<string, string> {
    return this.mayKnow ? {} : { "segue-consent": "denied" };
  }

  /** Their id: kept in the browser where they may be known, else of this page alone. */
  get visitor(): string {
    const found = (this.mayKnow ? recall(VISITOR) : null) ?? memory.visitor ?? newId();
    memory.visitor = found;
    if (this.mayKnow && recall(VISITOR) !== found) keep(VISITOR, found);
    return found;
  }

  /** Take what they say. A denial forgets who they were. */
  say(said: Consent): void {
    memory.consent = said;
    keep(CONSENT, said === "unknown" || this.isSignalled ? null : said);
    if (!this.mayKnow) {
      keep(VISITOR, null);
      delete memory.visitor;
    }
  }
}
