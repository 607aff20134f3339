/** What an element has to do with its surroundings: read its content, keep a new one, tell the app. */

import { confirmed } from "../../confirm.js";
import { el } from "../../dom.js";

/** One element in its block on its surface; `live` when the app hears of each change, not only of the submission. */
export class Port {
  constructor(element, block, surface, { live = true, labelledBy, describedBy } = {}) {
    Object.assign(this, { element, block, surface, live, labelledBy, describedBy });
  }

  content() {
    return this.surface.form.content(this.block.block_id, this.element);
  }

  keep(content) {
    return this.surface.form.enter(this.block.block_id, this.element, content);
  }

  /** Keep a choice and, where the app listens, ask and tell it. `false` when the person thought better of it. */
  async choose(content, origin) {
    if (this.live && !(await confirmed(this.element.confirm, this.surface))) return false;
    const value = this.keep(content);
    if (this.live) void this.tell(value, origin);
    return true;
  }

  /** Send a value to the app; while it thinks, `origin` is busy, and if it fails the block says so. */
  async tell(value, origin) {
    const home = origin.closest(".block");
    home?.querySelector(":scope > .block-failure")?.remove();
    origin.setAttribute("aria-busy", "true");
    const answer = await this.surface.act(this.block, this.element, value);
    origin.removeAttribute("aria-busy");
    if (!answer.ok)
      home?.append(
        el("p", { class: "block-failure", role: "alert" }, answer.message ?? "That did not work. Try again."),
      );
    return answer;
  }

  /** Attributes that tie a control to its label and let it be found again after a redraw. */
  naming(fallback) {
    return {
      "data-key": `${this.block.block_id} ${this.element.action_id}`,
      "aria-labelledby": this.labelledBy,
      "aria-label": this.labelledBy ? undefined : fallback,
      "aria-describedby": this.describedBy,
    };
  }
}
