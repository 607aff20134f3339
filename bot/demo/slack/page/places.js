/** What the middle of the page shows: a channel, or an app with its Home and Messages. */

import { act, read } from "./api.js";
import { Composer } from "./composer.js";
import { avatar } from "./directory.js";
import { arrange, el, icon, iconButton } from "./dom.js";
import { showJson } from "./message_menu.js";
import { MessageList } from "./messages.js";
import { renderBlocks } from "./render/blocks.js";
import { Surface } from "./surface.js";

const backButton = (workspace) =>
  iconButton("back", "Back to the list", () => workspace.leavePlace(), { class: "icon-button only-narrow" });

/** A channel or a conversation between people. */
export class ChannelPlace {
  constructor(workspace, channel) {
    this.workspace = workspace;
    this.channel = channel.id;
    const name = workspace.directory.channelName(channel.id);
    const shown = channel.is_im ? name : `#${name}`;
    this.title = shown;
    const people = channel.members.length === 1 ? "1 member" : `${channel.members.length} members`;
    const topic = el("p", { class: "place-topic", dir: "auto" }, channel.topic);
    this.list = new MessageList(
      workspace,
      { channel: channel.id },
      {
        empty: {
          title: channel.is_im
            ? `This is the beginning of your conversation with ${name}.`
            : `This is the very beginning of ${shown}.`,
          text: "Say something, and it stays here.",
        },
      },
    );
    this.composer = new Composer(workspace, { channel: channel.id }, { placeholder: `Message ${shown}` });
    const header = el(
      "header",
      { class: "place-header" },
      backButton(workspace),
      el(
        "div",
        { class: "place-words" },
        el("h1", { class: "place-title" }, el("bdi", {}, shown)),
        channel.topic && topic,
      ),
      !channel.is_im && el("span", { class: "quiet-text members" }, people),
    );
    this.node = el("section", { class: "place", "aria-label": shown }, header, this.list.node, this.composer.node);
  }

  load() {
    return this.list.load();
  }

  /** Bring one message of the channel into view. */
  seek(ts) {
    if (this.list.views.size) void this.list.seek(ts);
    else this.list.target = ts;
  }

  focus() {
    this.composer.field.focus({ preventScroll: true });
  }

  lists() {
    return [this.list];
  }

  end() {
    this.list.end();
  }
}

/** An app: its Home tab, and the direct messages with it. */
export class AppPlace {
  constructor(workspace, app, tab) {
    Object.assign(this, { workspace, app, tab: tab === "messages" || !app.home ? "messages" : "home" });
    this.title = app.name;
    this.body = el("div", { class: "place-body" });
    const tabs = el(
      "div",
      { class: "tabs", role: "tablist", "aria-label": app.name },
      app.home && this.tabLink("home", "Home"),
      this.tabLink("messages", "Messages"),
    );
    const face = avatar(app.name, workspace.directory.users.get(app.bot_user_id), "middle");
    this.raw = iconButton("braces", "View Home as JSON", () => showJson("Home", this.view), {
      hidden: this.tab !== "home",
    });
    const header = el(
      "header",
      { class: "place-header" },
      backButton(workspace),
      face,
      el(
        "div",
        { class: "place-words" },
        el("h1", { class: "place-title" }, el("bdi", {}, app.name), el("span", { class: "badge" }, "App")),
      ),
      this.raw,
    );
    this.node = el("section", { class: "place", "aria-label": app.name }, header, tabs, this.body);
  }

  tabLink(tab, words) {
    return el(
      "a",
      {
        class: "tab",
        role: "tab",
        href: tab === "home" ? `#${this.app.id}` : `#${this.app.id}/messages`,
        "aria-selected": String(this.tab === tab),
      },
      words,
    );
  }

  async load() {
    await (this.tab === "home" ? this.loadHome() : this.loadMessages());
    const answer = await act("home_opened", { user: this.workspace.directory.me, app: this.app.id, tab: this.tab });
    if (!answer.ok) this.workspace.notices.say(answer.message);
  }

  async loadHome() {
    const before = this.view;
    const answer = await read("home", { user: this.workspace.directory.me, app: this.app.id });
    const heardMeanwhile = this.view !== before;
    if (!heardMeanwhile) this.showHome(answer.ok ? answer.view : null, answer.ok ? undefined : answer.message);
  }

  /** Show a Home that was published; what was entered stays as in a modal. */
  showHome(view, trouble) {
    if (this.tab !== "home") return;
    this.view = view;
    if (!view) return void arrange(this.body, [homeEmpty(this.app, trouble)]);
    if (this.surface?.container.view_id !== view.id) {
      this.surface = new Surface(this.workspace.directory, { type: "view", view_id: view.id }, view.state?.values);
      this.blocks = el("div", { class: "blocks" });
      this.frame = el("div", { class: "home", tabIndex: 0 }, el("div", { class: "home-page" }, this.blocks));
    }
    this.surface.form.retain(view.blocks);
    this.surface.form.adopt(view.state?.values);
    renderBlocks(this.blocks, view.blocks, this.surface);
    arrange(this.body, [this.frame]);
  }

  async loadMessages() {
    if (this.list) return this.list.load();
    const { directory } = this.workspace;
    const answer = await act("direct_message", { user: directory.me, with: this.app.bot_user_id });
    if (!answer.ok) return arrange(this.body, [homeEmpty(this.app, answer.message)]);
    directory.channels.set(answer.channel.id, answer.channel);
    this.channel = answer.channel.id;
    this.list = new MessageList(
      this.workspace,
      { channel: this.channel },
      {
        empty: {
          title: `This is the beginning of your messages with ${this.app.name}.`,
          text: "Only you and the app can see them.",
        },
      },
    );
    this.composer = new Composer(
      this.workspace,
      { channel: this.channel },
      { placeholder: `Message ${this.app.name}` },
    );
    arrange(this.body, [this.list.node, this.composer.node]);
    return this.list.load();
  }

  focus() {
    this.composer?.field.focus({ preventScroll: true });
  }

  lists() {
    return this.list ? [this.list] : [];
  }

  end() {
    this.list?.end();
  }
}

const homeEmpty = (app, trouble) =>
  el(
    "div",
    { class: "empty" },
    icon("home"),
    el(
      "p",
      { class: "empty-title" },
      trouble ? `The Home of ${app.name} could not be loaded.` : `${app.name} has not published a Home for you yet.`,
    ),
    el("p", {}, trouble ?? "It appears here as soon as it does."),
  );

/** The conversation below one message, at the right. */
export class ThreadPane {
  constructor(workspace, channel, ts) {
    Object.assign(this, { workspace, channel, ts });
    this.list = new MessageList(
      workspace,
      { channel, thread: ts },
      { empty: { title: "This thread is empty.", text: "The message it hung on may have been deleted." } },
    );
    this.composer = new Composer(workspace, { channel, thread: ts }, { placeholder: "Reply …" });
    const name = workspace.directory.channelName(channel) ?? "";
    const shown = workspace.directory.channels.get(channel)?.is_im ? name : `#${name}`;
    const header = el(
      "header",
      { class: "place-header" },
      el(
        "div",
        { class: "place-words" },
        el("h2", { class: "place-title" }, "Thread"),
        el("p", { class: "place-topic" }, el("bdi", {}, shown)),
      ),
      iconButton("close", "Close the thread", () => workspace.closeThread()),
    );
    this.node = el("aside", { class: "thread", "aria-label": "Thread" }, header, this.list.node, this.composer.node);
  }

  load() {
    return this.list.load();
  }

  end() {
    this.list.end();
  }
}
