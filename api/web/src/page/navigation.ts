/** Call back when the page shows another path: a single-page app's navigation, or a page out of the back cache. */
export function onNavigation(moved: () => void): void {
  let path = location.pathname + location.search;
  const look = (): void => {
    const now = location.pathname + location.search;
    if (now === path) return;
    path = now;
    moved();
  };
  for (const name of ["pushState", "replaceState"] as const) {
    const original = history[name];
    history[name] = function (this: History, ...given: Parameters<History["pushState"]>): void {
      original.apply(this, given);
      queueMicrotask(look); // what the host does next comes first
    };
  }
  addEventListener("popstate", look);
  addEventListener("pageshow", (event) => event.persisted && moved());
}
