import { readConfig } from "../shared/config";
import { SegueChat } from "./element";

const NAME = "segue-chat";

/** Put the widget into the page: once, however often its tag stands there. */
function start(): void {
  if (customElements.get(NAME)) return;
  const config = readConfig("widget.js");
  if (!config) return;
  customElements.define(NAME, SegueChat);
  const place = (): void => {
    const widget = document.createElement(NAME) as SegueChat;
    widget.start(config);
    document.body.append(widget);
  };
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", place);
  else place();
}

start();
