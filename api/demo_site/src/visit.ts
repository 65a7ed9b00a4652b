/** Who looks at the site, as the vendor's backend has it. */
export interface Visit {
  readonly visitor: string;
  readonly persona: string;
  readonly token: string | null;
}

const KEPT = "demo_visit";

/** The visit under way: the one that is kept, or the fresh one that came with the page. */
export function currentVisit(fresh: string): Visit {
  const kept = localStorage.getItem(KEPT);
  try {
    const found = JSON.parse(kept ?? "") as Visit;
    if (found.visitor) return found;
  } catch {
    /* none is kept */
  }
  const visit: Visit = { visitor: fresh, persona: "anonymous", token: null };
  take(visit);
  return visit;
}

/** Begin a visit as somebody, as in another browser: nothing of the last one stays. */
export async function visitAs(persona: string): Promise<void> {
  const asked = await fetch("/demo/api/visit", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ persona }),
  });
  if (!asked.ok) throw new Error(`the visit was refused with ${asked.status}`);
  take((await asked.json()) as Visit);
  location.assign("/demo");
}

/** Forget the visit: the next page begins a fresh one. */
export function forgetVisit(): void {
  for (const store of [localStorage, sessionStorage]) {
    for (const name of Object.keys(store)) if (/^(segue_|demo_visit|ofrep)/i.test(name)) store.removeItem(name);
  }
}

function take(visit: Visit): void {
  forgetVisit();
  localStorage.setItem(KEPT, JSON.stringify(visit));
  localStorage.setItem("segue_visitor", visit.visitor);
}
