import type { Config } from "../shared/config";
import { keep, recall, type Privacy } from "../shared/privacy";
import type { Value } from "./values";

const KEPT = "segue_flags";
const KEPT_MS = 30 * 60_000;

/** What one flag says, and the decision behind it. */
export interface Flag {
  readonly value: Value | undefined;
  readonly decision: string | undefined;
}

/** The answer for one page. */
export interface Answer {
  readonly flags: ReadonlyMap<string, Flag>;
  readonly stream: string | undefined;
}

interface Kept {
  readonly key: string;
  readonly visitor: string;
  readonly at: number;
  readonly body: unknown;
}

/** Asks for the flags of a page, all of them at once, and keeps the last answer where somebody may be known. */
export class Flags {
  private etag: string | undefined;
  private last: Answer | undefined;

  constructor(
    private readonly config: Config,
    private readonly privacy: Privacy,
  ) {}

  /** What was answered last for this visitor, if that is not long ago. */
  kept(): Answer | undefined {
    if (this.last) return this.last;
    if (!this.privacy.mayKnow) return undefined;
    try {
      const kept = JSON.parse(recall(KEPT) ?? "null") as Kept | null;
      const isTheirs = kept?.key === this.config.key && kept.visitor === this.privacy.visitor;
      return kept && isTheirs && Date.now() - kept.at < KEPT_MS ? answerOf(kept.body) : undefined;
    } catch {
      return undefined;
    }
  }

  /** Ask. Undefined where the service does not answer, or has nothing to say. */
  async ask(): Promise<Answer | undefined> {
    const { key, origin } = this.config;
    const { visitor, mayKnow } = this.privacy;
    const context = {
      targetingKey: visitor,
      path: location.pathname,
    };
    const asked = await fetch(`${origin}/ofrep/v1/evaluate/flags`, {
      method: "POST",
      body: JSON.stringify({ context }),
      headers: {
        authorization: `Bearer ${key}`,
        "content-type": "application/json",
        ...this.privacy.headers,
        ...(this.etag ? { "if-none-match": this.etag } : {}),
      },
      credentials: "omit",
    });
    if (asked.status === 304) return this.last;
    if (!asked.ok) return undefined;
    const body: unknown = await asked.json();
    const answer = answerOf(body);
    this.etag = asked.headers.get("etag") ?? undefined;
    this.last = answer;
    if (mayKnow && answer) keep(KEPT, JSON.stringify({ key, visitor, at: Date.now(), body } satisfies Kept));
    return answer;
  }

  /** Forget every answer: somebody else may be looking now. */
  forget(): void {
    this.etag = this.last = undefined;
    keep(KEPT, null);
  }
}

/** Read an answer of OFREP; what is not as the protocol has it is left out. */
function answerOf(body: unknown): Answer | undefined {
  const { flags, metadata, eventStreams } = (body ?? {}) as Record<string, unknown>;
  if (!Array.isArray(flags)) return undefined;
  const shared = decisionOf(metadata);
  const found = new Map<string, Flag>();
  for (const each of flags as Record<string, unknown>[]) {
    const name = each?.["key"];
    if (typeof name !== "string" || "errorCode" in each) continue;
    found.set(name, { value: each["value"] as Value | undefined, decision: decisionOf(each["metadata"]) ?? shared });
  }
  return { flags: found, stream: streamOf(eventStreams) };
}

function decisionOf(metadata: unknown): string | undefined {
  const found = (metadata as Record<string, unknown> | undefined)?.["decision_id"];
  return typeof found === "string" ? found : undefined;
}

function streamOf(streams: unknown): string | undefined {
  const stream = Array.isArray(streams) ? (streams as Record<string, unknown>[]).find((each) => each?.["type"] === "sse") : undefined;
  const endpoint = stream?.["endpoint"] as Record<string, unknown> | undefined;
  const found = endpoint?.["requestUri"] ?? stream?.["url"];
  return typeof found === "string" ? found : undefined;
}
