/** A scrolling list of messages: one channel's, or one thread's. It stays where the reader is. */

import { act, read } from "./api.js";
import { dayName, momentOf, sameDay } from "./clock.js";
import { arrange, el, icon } from "./dom.js";
import { MessageView } from "./message.js";

const PAGE = 60;
/** Messages of one author closer than this share one heading. */
const GROUPED_WITHIN = 5 * 60;
/** Within this many pixels of its end a list counts as read to its end. */
const NEAR = 48;

/** `place` is `{channel, thread?}`; `empty` says what to show where nothing was said yet. */
export class MessageList {
  constructor(workspace, place, { empty }) {
    Object.assign(this, { workspace, place, empty });
    this.views = new Map();
    this.days = new Map();
    /** Where this person had read to when the list was opened; what others said later stands below a line. */
    this.lastRead = place.thread ? null : unreadFrom(workspace.unread.get(place.channel));
    this.newLine = el("div", { class: "day new", role: "separator" }, el("span", {}, "New"));
    /** While a list of messages is on its way: by ts, what live events made of them. */
    this.heard = null;
    this.atEnd = true;
    this.more = false;
    this.content = el("div", { class: "messages-content" });
    this.scroller = el(
      "div",
      { class: "messages", role: "log", "aria-label": place.thread ? "Thread" : "Messages", tabIndex: 0 },
      this.content,
    );
    this.jump = el(
      "button",
      { type: "button", class: "jump", hidden: true, onclick: () => this.toEnd() },
      icon("down"),
      "New messages",
    );
    this.node = el("div", { class: "messages-frame" }, this.scroller, this.jump);
    this.scroller.addEventListener("scroll", () => this.scrolled(), { passive: true });
    this.watcher = new ResizeObserver(() => this.atEnd && this.toEnd());
    this.watcher.observe(this.content);
    this.watcher.observe(this.scroller);
  }

  /** Load the newest messages anew; what is on the page already keeps its nodes, what was heard live meanwhile stays. */
  async load() {
    const heard = (this.heard = new Map());
    const answer = await read("messages", this.query({}));
    if (!answer.ok) return this.showTrouble(answer.message);
    if (this.heard !== heard) return undefined;
    this.more = answer.has_more === true;
    const known = new Set(answer.messages.map((message) => message.ts));
    const oldest = answer.messages[0]?.ts ?? "";
    for (const ts of this.views.keys())
      if (!known.has(ts) && !heard.has(ts) && (!this.more || ts >= oldest)) this.views.delete(ts);
    for (const message of answer.messages) {
      const now = heard.has(message.ts) ? heard.get(message.ts)(message) : message;
      if (now) this.put(now);
    }
    this.heard = null;
    this.draw();
    if (this.atEnd) this.toEnd();
    return this.target && this.seek();
  }

  /** Look for one message, as far back as a few pages, and mark it. */
  async seek(ts = this.target) {
    this.target = ts;
    for (let page = 0; page < 5 && !this.views.has(ts) && this.more; page += 1) await this.loadEarlier();
    const view = this.views.get(ts);
    if (!view) return;
    this.target = null;
    this.atEnd = false;
    this.content.querySelector(".marked")?.classList.remove("marked");
    view.node.classList.add("marked");
    view.node.scrollIntoView({ block: "center" });
  }

  query(extra) {
    const thread = this.place.thread ? { thread_ts: this.place.thread } : {};
    return { user: this.workspace.directory.me, channel: this.place.channel, ...thread, limit: PAGE, ...extra };
  }

  /** Take a message that is new or has changed. */
  receive(message) {
    const isNew = !this.views.has(message.ts);
    if (this.scroller.scrollTop !== this.top) this.scrolled();
    this.hear(message.ts, () => message);
    this.put(message);
    this.draw();
    const mine = message.user === this.workspace.directory.me && !message.is_ephemeral;
    if (this.atEnd || (isNew && mine)) this.toEnd();
    else if (isNew) this.jump.hidden = false;
  }

  /** Take the new state of a message, if it is on the page. */
  change(message) {
    if (this.views.has(message.ts)) this.receive(message);
    else this.hear(message.ts, () => message);
  }

  /** Change the reactions of a message, if it is on the page. */
  react(ts, reactions) {
    const view = this.views.get(ts);
    view?.update({ ...view.message, reactions });
    this.hear(ts, (message) => message && { ...message, reactions });
  }

  remove(ts) {
    this.hear(ts, () => null);
    if (this.views.delete(ts)) this.draw();
  }

  hear(ts, change) {
    const before = this.heard?.get(ts) ?? ((message) => message);
    this.heard?.set(ts, (message) => change(before(message)));
  }

  end() {
    this.watcher.disconnect();
  }

  put(message) {
    const view = this.views.get(message.ts);
    if (view) view.update(message);
    else this.views.set(message.ts, new MessageView(this.workspace, this.place, message));
  }

  sorted() {
    return [...this.views.values()].sort((one, other) => (one.message.ts < other.message.ts ? -1 : 1));
  }

  draw() {
    const nodes = [];
    let before = null;
    for (const view of this.sorted()) {
      const moment = momentOf(view.message.ts);
      const newDay = before === null || !sameDay(momentOf(before.message.ts), moment);
      if (newDay) nodes.push(this.divider(moment));
      const firstNew = this.isNew(view.message) && !nodes.includes(this.newLine);
      if (firstNew) nodes.push(this.newLine);
      view.node.classList.toggle("continued", !newDay && !firstNew && continues(before.message, view.message));
      nodes.push(view.node);
      before = view;
    }
    arrange(this.content, nodes.length ? nodes : [this.emptyNode()]);
  }

  isNew(message) {
    return this.lastRead !== null && message.ts > this.lastRead && message.user !== this.workspace.directory.me;
  }

  divider(moment) {
    const key = moment.toDateString();
    if (!this.days.has(key))
      this.days.set(key, el("div", { class: "day", role: "separator" }, el("span", {}, dayName(moment))));
    return this.days.get(key);
  }

  emptyNode() {
    return el(
      "div",
      { class: "empty" },
      el("p", { class: "empty-title" }, this.empty.title),
      el("p", {}, this.empty.text),
    );
  }

  showTrouble(words) {
    if (this.views.size) return this.workspace.notices.say(words);
    const again = el("button", { type: "button", class: "button", onclick: () => this.load() }, "Try again");
    return arrange(this.content, [
      el(
        "div",
        { class: "empty" },
        el("p", { class: "empty-title" }, "These messages could not be loaded."),
        el("p", {}, words),
        again,
      ),
    ]);
  }

  scrolled() {
    const { scrollTop, clientHeight, scrollHeight } = this.scroller;
    this.top = scrollTop;
    this.atEnd = scrollTop + clientHeight >= scrollHeight - NEAR;
    if (this.atEnd) {
      this.jump.hidden = true;
      this.markRead();
    }
    if (scrollTop < NEAR * 4 && this.more && !this.place.thread) void this.loadEarlier();
  }

  toEnd() {
    this.scroller.scrollTop = this.scroller.scrollHeight;
    this.top = this.scroller.scrollTop;
    this.atEnd = true;
    this.jump.hidden = true;
    this.markRead();
  }

  /** Put what came before above, and keep the reader's eyes on the same line. */
  async loadEarlier() {
    this.more = false;
    const oldest = this.sorted()[0]?.message.ts;
    const answer = await read("messages", this.query({ before: oldest }));
    if (!answer.ok) return;
    const fromEnd = this.scroller.scrollHeight - this.scroller.scrollTop;
    for (const message of answer.messages) this.put(message);
    this.draw();
    this.scroller.scrollTop = this.scroller.scrollHeight - fromEnd;
    this.more = answer.has_more === true;
  }

  /** Tell the server how far was read, once for a burst of messages. */
  markRead() {
    const newest = this.sorted().at(-1)?.message.ts;
    if (this.place.thread || !newest || newest === this.readUpTo || document.hidden) return;
    clearTimeout(this.reading);
    this.reading = setTimeout(() => {
      this.readUpTo = newest;
      void act("read", { user: this.workspace.directory.me, channel: this.place.channel, ts: newest });
    }, 250);
  }
}

const unreadFrom = (state) => (state?.unread > 0 ? (state.last_read ?? null) : null);

/** Whether a message stands under the heading of the one before. An app's cards each keep their own. */
function continues(before, message) {
  const close = Number(message.ts) - Number(before.ts) < GROUPED_WITHIN;
  const sameKind = Boolean(before.is_ephemeral) === Boolean(message.is_ephemeral);
  const sameAuthor = before.user === message.user && before.username === message.username;
  const isCard = message.bot_id && message.blocks?.length;
  return close && sameKind && sameAuthor && !isCard && !before.reply_count;
}
