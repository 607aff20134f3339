/** Shows the person's stack of modals: the top one in a dialog, updated in place while they type. */

import { act } from "./api.js";
import { el, iconButton, uniqueId } from "./dom.js";
import { showJson } from "./message_menu.js";
import { renderBlocks } from "./render/blocks.js";
import { showErrors } from "./render/inputs.js";
import { plainWords } from "./render/text.js";
import { Surface } from "./surface.js";

/** All modals of one person. */
export class ViewStack {
  constructor(workspace) {
    this.workspace = workspace;
    this.open = new Map();
    this.dialog = null;
  }

  /** Show the stack as the server has it, bottom first. */
  show(views) {
    const present = new Set(views.map((view) => view.id));
    for (const id of this.open.keys()) if (!present.has(id)) this.open.delete(id);
    this.depth = views.length;
    const top = views.at(-1);
    if (!top) return this.closeDialog();
    if (!this.open.has(top.id)) this.open.set(top.id, new Modal(this.workspace, top, this));
    const modal = this.open.get(top.id);
    modal.update(top, views.length);
    return this.present(modal);
  }

  present(modal) {
    if (this.shown === modal) return;
    this.shown = modal;
    if (!this.dialog) this.openDialog();
    this.dialog.replaceChildren(modal.node);
    this.dialog.setAttribute("aria-labelledby", modal.titleId);
    modal.focusFirst();
  }

  openDialog() {
    this.dialog = el("dialog", { class: "modal" });
    this.dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      void this.shown?.close();
    });
    this.dialog.addEventListener("close", ({ currentTarget }) => currentTarget === this.dialog && this.leave());
    this.dialog.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) void this.shown?.submit();
    });
    document.body.append(this.dialog);
    this.dialog.showModal();
  }

  /** The browser itself closed the dialog, as it does when Escape is pressed again and again. */
  leave() {
    void this.shown?.close({ all: true });
    this.closeDialog();
  }

  closeDialog() {
    const { dialog } = this;
    Object.assign(this, { dialog: null, shown: null });
    dialog?.close();
    dialog?.remove();
  }
}

class Modal {
  constructor(workspace, view, stack) {
    Object.assign(this, { workspace, stack, view, titleId: uniqueId("modal") });
    this.surface = new Surface(workspace.directory, { type: "view", view_id: view.id }, view.state?.values);
    this.title = el("h2", { class: "modal-title", id: this.titleId, dir: "auto" });
    this.back = iconButton("back", "Back", () => this.close());
    this.blocks = el("div", { class: "blocks" });
    this.body = el("div", { class: "modal-body", tabIndex: -1 }, this.blocks);
    this.trouble = el("p", { class: "modal-trouble", role: "alert" });
    this.closeButton = el("button", { type: "button", class: "button", onclick: () => this.close() });
    this.submitButton = el("button", { type: "button", class: "button primary", onclick: () => this.submit() });
    const raw = iconButton("braces", "View as JSON", () => showJson("Modal", this.view));
    const cross = iconButton("close", "Close", () => this.close({ all: true }));
    this.node = el(
      "div",
      { class: "modal-frame" },
      el("header", { class: "modal-header" }, this.back, this.title, raw, cross),
      this.body,
      el("footer", { class: "modal-footer" }, this.trouble, this.closeButton, this.submitButton),
    );
  }

  /** Show what the app says now. What the person entered stays where block_id and action_id stay. */
  update(view, depth) {
    const changed = JSON.stringify(view.blocks) !== JSON.stringify(this.view.blocks);
    this.view = view;
    this.back.hidden = depth < 2;
    this.title.textContent = plainWords(view.title);
    this.closeButton.textContent = plainWords(view.close) || (depth > 1 ? "Back" : "Close");
    this.submitButton.hidden = !view.submit;
    this.submitButton.replaceChildren(el("span", { class: "button-words" }, plainWords(view.submit)));
    if (changed) this.clearTrouble();
    this.surface.form.retain(view.blocks);
    this.surface.form.adopt(view.state?.values);
    renderBlocks(this.blocks, view.blocks, this.surface);
  }

  focusFirst() {
    const wanted =
      this.body.querySelector("[autofocus]") ??
      this.body.querySelector(".input-element :is(input, textarea, button, select)");
    (wanted ?? (this.submitButton.hidden ? this.closeButton : this.submitButton)).focus();
  }

  clearTrouble() {
    this.trouble.textContent = "";
  }

  /** Hand the entries in; what is wrong is said at the input it concerns. */
  async submit() {
    if (!this.view.submit || this.submitButton.getAttribute("aria-busy")) return;
    this.submitButton.setAttribute("aria-busy", "true");
    this.clearTrouble();
    const answer = await act("submit", {
      user: this.workspace.directory.me,
      view_id: this.view.id,
      state: this.surface.form.values,
    });
    this.submitButton.removeAttribute("aria-busy");
    const wrong = showErrors(this.blocks, answer.errors ?? {});
    wrong?.querySelector("input, textarea, button")?.focus();
    if (answer.ok || wrong) return;
    this.trouble.textContent = answer.message ?? "We had some trouble connecting. Try again.";
  }

  /** Close this view, or the whole stack. */
  async close({ all = false } = {}) {
    const answer = await act("close", {
      user: this.workspace.directory.me,
      view_id: this.view.id,
      ...(all && { all: true }),
    });
    if (!answer.ok) this.trouble.textContent = answer.message;
  }
}
