/** Says what the person should know and did not ask for: warnings, and a lost connection. */

import { el, icon, iconButton } from "./dom.js";

const SHOWN_FOR = 8000;
const SAID_WITHIN = 400;

/** The corner for warnings and the banner for the connection. */
export class Notices {
  constructor() {
    this.corner = el("div", { class: "notices", role: "status", "aria-live": "polite" });
    this.banner = el(
      "div",
      { class: "banner", role: "alert", hidden: true },
      el("span", { class: "spinner", "aria-hidden": "true" }),
      "Reconnecting … What you see may be out of date.",
    );
  }

  /** Show a sentence for a while, once however often it is said. */
  say(words) {
    if ([...this.corner.children].some((notice) => notice.textContent === words)) return;
    const notice = el(
      "div",
      { class: "notice" },
      icon("warning"),
      el("span", { dir: "auto" }, words),
      iconButton("close", "Dismiss", () => notice.remove()),
    );
    this.corner.append(notice);
    setTimeout(() => notice.remove(), SHOWN_FOR);
  }

  /** Show a sentence unless it is said in its place, at a button or in a modal, a moment later. */
  sayUnlessSaid(words) {
    const said = () => [...document.querySelectorAll("[role=alert]")].some((alert) => alert.textContent === words);
    setTimeout(() => said() || this.say(words), SAID_WITHIN);
  }

  connected(isConnected) {
    this.banner.hidden = isConnected;
  }
}
