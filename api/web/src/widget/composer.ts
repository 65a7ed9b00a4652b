import { h, icon } from "./dom";
import { words } from "./words";

const LONGEST = 2_000;
const NEAR = 200;
const TALLEST_PX = 140;

/** Where the visitor writes. Enter sends, with Shift it begins a line. */
export class Composer {
  private readonly field = h("textarea", {
    id: "field",
    rows: "1",
    dir: "auto",
    maxlength: String(LONGEST),
    placeholder: words.placeholder,
    "aria-describedby": "left",
    enterkeyhint: "send",
  });
  private readonly button = h("button", { type: "submit", class: "send", "aria-label": words.send, title: words.send }, icon("send"));
  private readonly left = h("p", { id: "left", class: "left" });
  readonly element = h(
    "form",
    { novalidate: true },
    h("label", { for: "field", class: "aloud" }, words.field),
    h("div", { class: "row" }, this.field, this.button),
    this.left,
  );
  private isBusy = false;

  constructor(private readonly say: (text: string) => void) {
    this.field.addEventListener("input", () => this.look());
    this.field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.submit();
    });
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    this.look();
  }

  focus(): void {
    this.field.focus({ preventScroll: true });
  }

  /** While a reply comes one may write, and send once it is there. */
  setBusy(isBusy: boolean): void {
    this.isBusy = isBusy;
    this.look();
  }

  private submit(): void {
    const text = this.field.value.trim();
    if (!text || this.isBusy) return;
    this.field.value = "";
    this.look();
    this.say(text);
  }

  private look(): void {
    const left = LONGEST - this.field.value.length;
    this.left.textContent = left < NEAR ? words.left(left) : "";
    this.button.setAttribute("aria-disabled", String(this.isBusy || !this.field.value.trim()));
    this.field.style.height = "auto";
    if (this.field.scrollHeight) this.field.style.height = `${Math.min(this.field.scrollHeight, TALLEST_PX)}px`;
  }
}
