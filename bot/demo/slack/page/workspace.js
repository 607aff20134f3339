/** The workspace as one person has it open: where they are, what is new, and what happens while they look. */

import { act, read } from "./api.js";
import { Directory } from "./directory.js";
import { arrange, el } from "./dom.js";
import { follow } from "./live.js";
import { isOwn } from "./message_menu.js";
import { Notices } from "./notices.js";
import { AppPlace, ChannelPlace, ThreadPane } from "./places.js";
import { Sidebar } from "./sidebar.js";
import { ViewStack } from "./views.js";

/** Below this width one pane is shown at a time. */
const NARROW = matchMedia("(max-width: 719px)");

/** Everything on the page; `root` is the element it lives in. */
export class Workspace {
  constructor(root, bootstrap, me) {
    this.root = root;
    this.directory = new Directory(bootstrap, me);
    this.unread = new Map();
    this.heard = { unread: new Map(), views: false };
    this.notices = new Notices();
    this.views = new ViewStack(this);
    this.sidebar = new Sidebar(this);
    this.place = null;
    this.thread = null;
    this.main = el("main", { class: "main" });
    root.replaceChildren(
      this.notices.banner,
      el("div", { class: "panes" }, this.sidebar.node, this.main),
      this.notices.corner,
    );
    addEventListener("hashchange", () => this.openAddress());
    NARROW.addEventListener("change", () => this.openAddress());
    addEventListener("keydown", (event) => this.key(event));
    document.addEventListener("visibilitychange", () =>
      this.place?.lists().forEach((list) => list.atEnd && list.markRead()),
    );
  }

  /** Follow what comes, then load what there is: in this order nothing falls between the two. */
  async start() {
    await new Promise((ready) => {
      follow(this.directory.me, {
        onopen: ready,
        onevent: (event) => this.receive(event),
        onlost: () => ready(this.notices.connected(false)),
        onback: () => this.recover(),
      });
    });
    await this.refresh();
  }

  /** Load unread marks and modals. What was heard live meanwhile is newer and stays. */
  async refresh() {
    const user = this.directory.me;
    const heard = (this.heard = { unread: new Map(), views: false });
    const [unread, views] = await Promise.all([read("unread", { user }), read("views", { user })]);
    if (unread.ok) this.unread = new Map([...Object.entries(unread.channels), ...heard.unread]);
    if (!this.place) this.openAddress();
    this.drawSidebar();
    if (views.ok && !heard.views) this.views.show(views.views);
  }

  /** The line stands again: what was missed is loaded, and nothing that the person wrote is lost. */
  async recover() {
    const bootstrap = await read("bootstrap");
    if (bootstrap.ok) this.directory.refresh(bootstrap);
    await Promise.all([this.refresh(), this.place?.load(), this.thread?.load()]);
    this.notices.connected(true);
  }

  /**
   * Go where the address says: `#C1`, `#C1@TS` to one message, `#C1/TS` with a thread, `#A1`, `#A1/messages/TS`; else
   * to the first channel.
   */
  openAddress() {
    const [place, detail, inApp] = decodeURIComponent(location.hash.slice(1)).split("/");
    const [id, target] = place.split("@");
    const atList = id === "" && NARROW.matches;
    this.root.classList.toggle("at-list", atList);
    if (atList) return this.showList();
    const app = this.directory.apps.find((candidate) => candidate.id === id);
    const channel = this.directory.mine().find((candidate) => candidate.id === id) ?? this.directory.myChannels()[0];
    if (app) this.show(`${id}${detail === "messages" ? "/messages" : ""}`, () => new AppPlace(this, app, detail));
    else if (channel) this.show(channel.id, () => new ChannelPlace(this, channel));
    else return this.showNothing();
    if (target && channel?.id === id) this.place.seek(target);
    return app ? this.showThread(this.directory.channelWithApp(app)?.id, inApp) : this.showThread(channel.id, detail);
  }

  show(key, make) {
    if (this.placeKey === key) return;
    this.place?.end();
    this.placeKey = key;
    this.place = make();
    document.title = `${this.place.title} – ${this.directory.workspace ?? "Workspace"}`;
    this.drawMain();
    this.drawSidebar();
    void this.place.load();
    if (!NARROW.matches) this.place.focus();
  }

  /** A narrow screen shows the list alone; no place is open behind it, where messages would count as read. */
  showList() {
    this.place?.end();
    Object.assign(this, { place: null, placeKey: null });
    this.showThread();
    this.drawSidebar();
  }

  showNothing() {
    const person = this.directory.userName(this.directory.me);
    arrange(this.main, [
      el(
        "div",
        { class: "empty" },
        el("p", { class: "empty-title" }, `${person} is in no channel yet.`),
        el("p", {}, "Become someone else at the top left, or wait until somebody adds them."),
      ),
    ]);
  }

  showThread(channel, ts) {
    if (this.thread?.ts === ts && this.thread?.channel === channel) return;
    this.thread?.end();
    this.thread = ts ? new ThreadPane(this, channel, ts) : null;
    this.drawMain();
    void this.thread?.load();
    this.thread?.composer.field.focus({ preventScroll: true });
  }

  drawMain() {
    this.root.classList.toggle("has-thread", Boolean(this.thread));
    arrange(this.main, [this.place?.node, this.thread?.node].filter(Boolean));
  }

  drawSidebar() {
    this.sidebar.draw();
    const waiting = [...this.unread.entries()].some(
      ([channel, { unread }]) => unread > 0 && channel !== this.place?.channel,
    );
    document.title = `${waiting ? "• " : ""}${document.title.replace(/^• /, "")}`;
  }

  openThread(channel, ts) {
    location.hash = `${this.addressOf(channel)}/${ts}`;
  }

  closeThread() {
    location.hash = this.addressOf(this.thread.channel);
    this.place?.focus();
  }

  addressOf(channel) {
    const app = this.directory.apps.find((candidate) => this.directory.channelWithApp(candidate)?.id === channel);
    return app ? `#${app.id}/messages` : `#${channel}`;
  }

  /** On a narrow screen, go back to the list of channels. */
  leavePlace() {
    location.hash = "#";
  }

  /** Use the workspace as somebody else. */
  become(user) {
    const address = new URL(location.href);
    address.searchParams.set("as", user);
    location.assign(address);
  }

  async react(channel, ts, name, remove) {
    this.report(await act("react", { user: this.directory.me, channel, ts, name, ...(remove && { remove: true }) }));
  }

  /** Say what went wrong, if anything did. */
  report(answer) {
    if (!answer.ok) this.notices.say(answer.message);
  }

  receive(event) {
    RECEIVE[event.type]?.(this, event);
  }

  /** The lists on the page that a message of this channel and thread belongs to. */
  listsFor(channel, message) {
    const isReply = message.thread_ts && message.thread_ts !== message.ts;
    const lists =
      !isReply || message.subtype === "thread_broadcast"
        ? (this.place?.lists().filter((list) => list.place.channel === channel) ?? [])
        : [];
    const inThread = this.thread?.channel === channel && (message.thread_ts ?? message.ts) === this.thread.ts;
    return inThread ? [...lists, this.thread.list] : lists;
  }

  allLists() {
    return [...(this.place?.lists() ?? []), ...(this.thread ? [this.thread.list] : [])];
  }

  /** Open the last thing this person said in a place for writing. */
  editLast({ channel, thread }) {
    const list = this.allLists().find((each) => each.place.channel === channel && each.place.thread === thread);
    const own = list?.sorted().filter((view) => isOwn(this, view.message));
    own?.at(-1)?.edit();
  }

  /** Put the caret where one writes in a channel or a thread. */
  focusComposer({ thread }) {
    (thread ? this.thread : this.place)?.composer?.field.focus({ preventScroll: true });
  }

  key(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && event.altKey && !document.querySelector("dialog[open]")) {
      event.preventDefault();
      this.sidebar.neighbour(step)?.click();
    } else if (event.key === "Escape" && this.thread && !document.querySelector("dialog[open], .popover"))
      this.closeThread();
  }
}

const put = (workspace, { channel, message }) =>
  workspace.listsFor(channel, message).forEach((list) => list.receive(message));

/** What is done about each kind of live event. */
const RECEIVE = {
  message: put,
  message_changed: (workspace, { channel, message }) =>
    workspace.listsFor(channel, message).forEach((list) => list.change(message)),
  ephemeral: put,
  message_deleted: (workspace, { channel, ts }) =>
    workspace
      .allLists()
      .filter((list) => list.place.channel === channel)
      .forEach((list) => list.remove(ts)),
  reaction: (workspace, { channel, ts, reactions }) =>
    workspace
      .allLists()
      .filter((list) => list.place.channel === channel)
      .forEach((list) => list.react(ts, reactions)),
  views(workspace, { views }) {
    workspace.heard.views = true;
    workspace.views.show(views);
  },
  home: (workspace, { app, view }) => workspace.place?.app?.id === app && workspace.place.showHome(view),
  unread(workspace, { channels }) {
    for (const [channel, state] of Object.entries(channels)) {
      workspace.unread.set(channel, state);
      workspace.heard.unread.set(channel, state);
    }
    workspace.drawSidebar();
  },
  channel(workspace, { channel }) {
    workspace.directory.channels.set(channel.id, channel);
    workspace.drawSidebar();
    if (!workspace.place) workspace.openAddress();
  },
  warning: (workspace, { message }) => workspace.notices.sayUnlessSaid(message),
};
