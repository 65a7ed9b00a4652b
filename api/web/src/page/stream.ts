const PAUSE_MS = 60_000;

/** Follows the service's event stream of a page while it is in view, and says when to ask again. */
export class Stream {
  private source: EventSource | undefined;
  private url: string | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly origin: string,
    private readonly onChange: () => void,
  ) {
    addEventListener("visibilitychange", () => this.follow(this.url), true);
    addEventListener("pagehide", () => this.close(), true);
  }

  /** Follow the stream at this address, or none. */
  follow(url: string | undefined): void {
    const isOpen = this.source && this.source.readyState !== EventSource.CLOSED;
    if (document.visibilityState === "hidden" || !url) this.close();
    else if (url !== this.url || !isOpen) this.open(url);
    this.url = url;
  }

  private open(url: string): void {
    this.close();
    const address = new URL(url, this.origin);
    if (address.origin !== this.origin) return;
    const opened = Date.now();
    this.source = new EventSource(address);
    this.source.onmessage = ({ data }: MessageEvent<string>) => {
      try {
        if ((JSON.parse(data) as { type?: unknown }).type === "refetchEvaluation") this.onChange();
      } catch {
        /* not for us */
      }
    };
    // its token has run out, or the service went: the next answer brings the next stream
    this.source.onerror = () => {
      this.close();
      this.timer = setTimeout(this.onChange, Math.max(1_000, opened + PAUSE_MS - Date.now()));
    };
  }

  private close(): void {
    clearTimeout(this.timer);
    this.source?.close();
    this.source = undefined;
  }
}
