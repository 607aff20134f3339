/** Where one writes: a message, or a slash command, with the commands and people that fit suggested above. */

import { act } from "./api.js";
import { el, icon, iconButton, uniqueId } from "./dom.js";
import { openMenu } from "./popover.js";

/** `place` is `{channel, thread?}`. */
export class Composer {
  constructor(workspace, place, { placeholder }) {
    Object.assign(this, { workspace, place });
    this.suggestions = el("div", {
      class: "suggestions",
      role: "listbox",
      id: uniqueId("suggestions"),
      "aria-label": "Suggestions",
      hidden: true,
    });
    this.field = el("textarea", {
      class: "composer-field",
      rows: 1,
      placeholder,
      dir: "auto",
      "aria-label": placeholder,
      "aria-controls": this.suggestions.id,
      "aria-autocomplete": "list",
    });
    this.note = el("p", { class: "composer-note", role: "alert" });
    this.sendButton = iconButton("send", "Send", () => this.send(), { class: "icon-button send", disabled: true });
    const shortcuts =
      !place.thread &&
      this.globalShortcuts().length > 0 &&
      iconButton("bolt", "Shortcuts", ({ currentTarget }) => this.openShortcuts(currentTarget), {
        "aria-haspopup": "menu",
      });
    this.also = place.thread && el("input", { type: "checkbox" });
    const also = place.thread && el("label", { class: "also" }, this.also, "Also send to the channel");
    const bar = el(
      "div",
      { class: "composer-bar" },
      shortcuts,
      also,
      el("span", { class: "composer-hint" }, "Enter sends, Shift + Enter starts a new line"),
      this.sendButton,
    );
    this.node = el(
      "div",
      { class: "composer-frame" },
      this.suggestions,
      el("div", { class: "composer" }, this.field, bar),
      this.note,
    );
    this.field.addEventListener("input", () => this.typed());
    this.field.addEventListener("keydown", (event) => this.key(event));
    this.field.addEventListener("blur", () => setTimeout(() => this.suggest([]), 150));
  }

  globalShortcuts() {
    return this.workspace.directory.apps.flatMap((app) =>
      (app.shortcuts ?? []).filter((shortcut) => shortcut.type === "global").map((shortcut) => ({ app, shortcut })),
    );
  }

  openShortcuts(anchor) {
    const items = this.globalShortcuts().map(({ app, shortcut }) => ({
      label: shortcut.name,
      description: shortcut.description,
      detail: app.name,
      icon: icon("bolt"),
      onpick: async () =>
        this.workspace.report(
          await act("shortcut", { user: this.me(), app: app.id, callback_id: shortcut.callback_id }),
        ),
    }));
    openMenu(anchor, [{ heading: "Shortcuts" }, ...items], { label: "Shortcuts" });
  }

  me() {
    return this.workspace.directory.me;
  }

  typed() {
    this.sendButton.disabled = !this.field.value.trim();
    this.note.textContent = "";
    this.suggest(this.fitting());
  }

  /** What could be meant by what stands before the caret. */
  fitting() {
    const before = this.field.value.slice(0, this.field.selectionStart);
    const command = /^(\/[\w-]*)$/.exec(before);
    if (command && !this.place.thread)
      return this.commands().filter((item) => item.insert.startsWith(command[1].toLowerCase()));
    const mention = /(^|\s)@([\p{L}\p{N}._-]*)$/u.exec(before);
    return mention ? this.people(mention[2].toLocaleLowerCase()) : [];
  }

  commands() {
    return this.workspace.directory.apps.flatMap((app) =>
      (app.commands ?? []).map((command) => ({
        insert: `${command.command} `,
        words: command.command,
        hint: command.usage_hint,
        description: command.description,
        detail: app.name,
        from: 0,
      })),
    );
  }

  people(started) {
    const at = this.field.selectionStart - started.length - 1;
    const fits = (user) =>
      [user.name, ...(user.real_name ?? "").split(" ")].some((name) => name.toLocaleLowerCase().startsWith(started));
    return [...this.workspace.directory.users.values()]
      .filter(fits)
      .slice(0, 8)
      .map((user) => ({
        insert: `@${user.name} `,
        words: user.real_name || user.name,
        hint: `@${user.name}`,
        description: user.title,
        from: at,
      }));
  }

  suggest(items) {
    this.items = items;
    this.active = 0;
    this.suggestions.hidden = items.length === 0;
    this.suggestions.replaceChildren(...items.map((item, index) => this.suggestion(item, index)));
    this.mark();
  }

  suggestion(item, index) {
    const take = (event) => {
      event.preventDefault();
      this.take(index);
    };
    const words = el(
      "span",
      { class: "menu-words" },
      el(
        "span",
        {},
        el("span", { class: "menu-label" }, item.words),
        " ",
        el("span", { class: "quiet-text" }, item.hint),
      ),
      item.description && el("span", { class: "menu-description" }, item.description),
    );
    return el(
      "div",
      { class: "menu-item", role: "option", id: uniqueId("suggestion"), onpointerdown: take },
      words,
      item.detail && el("span", { class: "menu-detail" }, item.detail),
    );
  }

  mark() {
    [...this.suggestions.children].forEach((node, index) => {
      node.classList.toggle("active", index === this.active);
      node.setAttribute("aria-selected", String(index === this.active));
    });
    this.field.setAttribute("aria-activedescendant", this.suggestions.children[this.active]?.id ?? "");
    this.suggestions.children[this.active]?.scrollIntoView({ block: "nearest" });
  }

  take(index) {
    const item = this.items[index];
    this.field.setRangeText(item.insert, item.from, this.field.selectionStart, "end");
    this.typed();
  }

  key(event) {
    if (event.isComposing) return;
    const open = !this.suggestions.hidden;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (open && step) this.active = (this.active + step + this.items.length) % this.items.length;
    else if (open && (event.key === "Tab" || (event.key === "Enter" && !this.isComplete()))) this.take(this.active);
    else if (open && event.key === "Escape") this.suggest([]);
    else if (event.key === "Enter" && !event.shiftKey) void this.send();
    else if (event.key === "ArrowUp" && !this.field.value && !event.altKey) this.workspace.editLast(this.place);
    else return;
    event.preventDefault();
    event.stopPropagation();
    if (open && step) this.mark();
  }

  /** Whether the suggestion under the cursor is already written out. */
  isComplete() {
    const item = this.items[this.active];
    return this.field.value.slice(item.from).trim() === item.insert.trim();
  }

  async send() {
    const text = this.field.value.trim();
    if (!text || this.sending) return;
    this.sending = true;
    this.suggest([]);
    this.field.value = "";
    this.sendButton.disabled = true;
    const answer = await this.post(text);
    this.sending = false;
    if (answer.ok) return;
    if (!this.field.value) this.field.value = text;
    this.typed();
    this.note.textContent = answer.message;
  }

  post(text) {
    const { channel, thread } = this.place;
    const body = { user: this.me(), channel, text, ...(thread && { thread_ts: thread }) };
    if (!/^\/[a-z]/i.test(text))
      return act("message", { ...body, ...(this.also?.checked && { reply_broadcast: true }) });
    const name = text.split(/\s/)[0].toLowerCase();
    if (!this.commands().some((command) => command.words === name))
      return { ok: false, message: `${name} is not a command that anyone here knows.` };
    return act("command", body);
  }
}
