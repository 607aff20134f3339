/** Says what the person should know and did not ask for: warnings, and a lost connection. */

import { el, icon, iconButton } from "./dom.js";

const SHOWN_FOR = 8000;

/** The corner for warnings and the banner for the connection. */
export class Notices {
  constructor() {
    this.corner = el("div", { class: "notices", role: "status", "aria-live": "polite" });
    this.banner = el("div", { class: "banner", role: "alert", hidden: true }, el("span", { class: "spinner", "aria-hidden": "true" }), "Reconnecting … What you see may be out of date.");
  }

  /** Show a sentence for a while. */
  say(words) {
    const notice = el("div", { class: "notice" }, icon("warning"), el("span", { dir: "auto" }, words), iconButton("close", "Dismiss", () => notice.remove()));
    this.corner.append(notice);
    setTimeout(() => notice.remove(), SHOWN_FOR);
  }

  connected(isConnected) {
    this.banner.hidden = isConnected;
  }
}
