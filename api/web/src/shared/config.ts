/** What the script tag says. */
export interface Config {
  /** The publishable key. */
  readonly key: string;
  /** The origin that the script came from, which it talks to. */
  readonly origin: string;
  /** True where nothing may be kept or sent about anybody until they agree. */
  readonly asksFirst: boolean;
  readonly script: HTMLScriptElement;
}

/** Return what the tag of the running script says; undefined, with a word on the console, where it has no key. */
export function readConfig(name: string): Config | undefined {
  const script =
    (document.currentScript as HTMLScriptElement | null) ??
    document.querySelector<HTMLScriptElement>(`script[data-key][src*="${name}"]`);
  const key = script?.dataset["key"];
  if (!script || !key) {
    console.warn(`Segue: ${name} needs data-key with a publishable key`);
    return undefined;
  }
  return {
    key,
    origin: new URL(script.dataset["origin"] ?? script.src, location.href).origin,
    asksFirst: script.dataset["consent"] === "required",
    script,
  };
}
