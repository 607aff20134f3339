/** Shows one message, and changes it in place when it is edited. */

import { briefTime, clockTime, fullTime, momentOf } from "./clock.js";
import { avatar } from "./directory.js";
import { arrange, el, icon, iconButton } from "./dom.js";
import { messageEditor } from "./editor.js";
import { openReactions, reactionRow } from "./reactions.js";
import { messageMenu } from "./message_menu.js";
import { renderAttachments } from "./render/attachments.js";
import { renderBlocks } from "./render/blocks.js";
import { renderFiles } from "./render/files.js";
import { renderMrkdwn } from "./render/text.js";
import { Surface } from "./surface.js";

/** One message on the page. `place` says in which channel, and whether inside a thread. */
export class MessageView {
  constructor(workspace, place, message) {
    Object.assign(this, { workspace, place });
    this.surface = new Surface(workspace.directory, { type: "message", channel: place.channel, ts: message.ts });
    this.gutter = el("div", { class: "message-gutter" });
    this.heading = el("header", { class: "message-heading" });
    this.words = el("div", { class: "message-text" });
    this.blocks = el("div", { class: "blocks" });
    this.extras = el("div", { class: "message-extras" });
    this.footer = el("footer", { class: "message-footer" });
    this.tools = el("div", { class: "message-tools", role: "toolbar", "aria-label": "Message actions" });
    this.body = el("div", { class: "message-body" });
    this.node = el(
      "article",
      { class: "message", "data-ts": message.ts, tabIndex: -1 },
      this.gutter,
      this.body,
      this.tools,
    );
    this.update(message);
  }

  /** Show what the message says now. */
  update(message) {
    const json = JSON.stringify(message);
    if (json === this.json) return;
    Object.assign(this, { json, message });
    const author = this.author();
    this.node.setAttribute("aria-label", `${author.name}, ${clockTime(momentOf(message.ts))}`);
    this.node.classList.toggle("ephemeral", message.is_ephemeral === true);
    this.gutter.replaceChildren(
      avatar(author.name, author.user),
      el("span", { class: "gutter-time", "aria-hidden": "true" }, clockTime(momentOf(message.ts))),
    );
    this.heading.replaceChildren(...heading(author, message));
    this.showContent(message);
    this.showFooter(message);
    this.tools.replaceChildren(...this.toolButtons(message));
  }

  author() {
    const user = this.workspace.directory.users.get(this.message.user);
    return {
      user,
      name: this.message.username || user?.real_name || user?.name || this.message.user || "Unknown",
      isApp: Boolean(this.message.bot_id || user?.is_bot),
    };
  }

  showContent(message) {
    const hasBlocks = message.blocks?.length > 0;
    this.surface.form.retain(message.blocks);
    if (hasBlocks) renderBlocks(this.blocks, message.blocks, this.surface);
    this.words.replaceChildren(hasBlocks ? "" : renderMrkdwn(message.text, this.surface));
    this.extras.replaceChildren(
      ...renderAttachments(message.attachments, this.surface),
      ...renderFiles(message.files),
      ...editedMark(message),
    );
    const private_ = message.is_ephemeral ? [el("div", { class: "only-you" }, icon("eye"), "Only visible to you")] : [];
    const said = this.editor?.node ?? (hasBlocks ? this.blocks : this.words);
    arrange(this.body, [...private_, this.heading, said, this.extras, this.footer]);
  }

  /** Open one's own message for writing, with the caret at its end. */
  edit() {
    const close = () => {
      this.editor = null;
      this.showContent(this.message);
      this.workspace.focusComposer(this.place);
    };
    this.editor = messageEditor(this.workspace, this.place.channel, this.message, close);
    this.showContent(this.message);
    this.editor.field.focus();
    this.editor.field.setSelectionRange(this.editor.field.value.length, this.editor.field.value.length);
  }

  showFooter(message) {
    const react = (name, remove) => this.workspace.react(this.place.channel, message.ts, name, remove);
    const row = message.is_ephemeral ? null : reactionRow(message.reactions, this.workspace.directory, react);
    this.footer.replaceChildren(...[row, this.threadLink(message)].filter(Boolean));
  }

  threadLink(message) {
    if (this.place.thread || !message.reply_count) return null;
    const count = message.reply_count === 1 ? "1 reply" : `${message.reply_count} replies`;
    const faces = (message.reply_users ?? [])
      .slice(0, 4)
      .map((id) =>
        avatar(this.workspace.directory.userName(id) ?? id, this.workspace.directory.users.get(id), "small"),
      );
    const last =
      message.latest_reply &&
      el("span", { class: "quiet-text" }, `Last reply ${briefTime(momentOf(message.latest_reply))}`);
    return el(
      "button",
      { type: "button", class: "thread-link", onclick: () => this.openThread() },
      faces,
      el("span", { class: "thread-count" }, count),
      last,
    );
  }

  openThread() {
    this.workspace.openThread(this.place.channel, this.message.thread_ts ?? this.message.ts);
  }

  toolButtons(message) {
    const more = iconButton(
      "more",
      "More actions",
      ({ currentTarget }) => messageMenu(this.workspace, this.place.channel, message, currentTarget, () => this.edit()),
      { "aria-haspopup": "menu" },
    );
    if (message.is_ephemeral) return [more];
    const react = (name) => this.workspace.react(this.place.channel, message.ts, name, this.reacted(name));
    const smile = iconButton("smile", "Add a reaction", ({ currentTarget }) => openReactions(currentTarget, react));
    const reply = !this.place.thread && iconButton("reply", "Reply in thread", () => this.openThread());
    return [smile, reply, more].filter(Boolean);
  }

  reacted(name) {
    return (this.message.reactions ?? []).some(
      (reaction) => reaction.name === name && reaction.users.includes(this.workspace.directory.me),
    );
  }
}

function heading(author, message) {
  const moment = momentOf(message.ts);
  const name = el("span", { class: "author" }, el("bdi", {}, author.name));
  const badge = author.isApp && el("span", { class: "badge" }, "App");
  const when = el(
    "time",
    { class: "when", dateTime: moment.toISOString(), title: fullTime(moment) },
    clockTime(moment),
  );
  return [name, badge, when].filter(Boolean);
}

function editedMark(message) {
  if (!message.edited) return [];
  return [el("span", { class: "edited", title: fullTime(momentOf(message.edited.ts)) }, "(edited)")];
}
