/** The left side: who one is, where one can go, and what is new there. */

import { avatar } from "./directory.js";
import { arrange, el, icon } from "./dom.js";
import { openMenu } from "./popover.js";
import { safeAddress } from "./render/links.js";
import { themeSwitch } from "./theme.js";

/** Drawn again whenever channels, unread marks or the place change. */
export class Sidebar {
  constructor(workspace) {
    this.workspace = workspace;
    this.places = el("nav", { class: "sidebar-places", "aria-label": "Channels and apps" });
    this.places.addEventListener("keydown", (event) => this.key(event));
    const theme = themeSwitch(el("button", { type: "button", class: "icon-button" }));
    const header = el(
      "header",
      { class: "sidebar-header" },
      el("div", { class: "workspace-name" }, el("bdi", {}, workspace.directory.workspace ?? "Workspace")),
      theme,
    );
    this.node = el("aside", { class: "sidebar", "aria-label": "Workspace" }, header, this.personSwitch(), this.places);
    this.items = new Map();
  }

  personSwitch() {
    const { directory } = this.workspace;
    const me = directory.users.get(directory.me);
    const name = me.real_name || me.name;
    const open = ({ currentTarget }) =>
      openMenu(
        currentTarget,
        [
          { heading: "Use the workspace as" },
          ...directory.people().map((user) => ({
            label: user.real_name || user.name,
            description: user.title,
            detail: user.id === directory.me ? "You" : "",
            icon: avatar(user.real_name || user.name, user, "small"),
            onpick: () => this.workspace.become(user.id),
          })),
        ],
        { label: "Use the workspace as", fit: true },
      );
    return el(
      "button",
      { type: "button", class: "person", "aria-haspopup": "menu", "aria-expanded": "false", onclick: open },
      avatar(name, me, "middle"),
      el(
        "span",
        { class: "person-words" },
        el("span", { class: "person-name" }, "You are: ", el("strong", {}, el("bdi", {}, name))),
        me.title && el("span", { class: "person-title" }, me.title),
      ),
      icon("down"),
    );
  }

  draw() {
    const { directory } = this.workspace;
    const links = directory.links.filter((entry) => safeAddress(entry.url)).map((entry) => this.outsideLink(entry));
    const channels = directory
      .myChannels()
      .map((channel) =>
        this.placeLink(channel.id, `#${channel.id}`, directory.channelName(channel.id), icon("hash"), channel.id),
      );
    const apps = directory.apps
      .filter((app) => app.home)
      .map((app) =>
        this.placeLink(app.id, `#${app.id}`, app.name, avatar(app.name, directory.users.get(app.bot_user_id), "small")),
      );
    arrange(this.places, [
      ...this.section("Demo world", links),
      ...this.section("Channels", channels),
      ...this.section("Apps", apps),
      ...this.section("Direct messages", this.directMessages()),
    ]);
  }

  directMessages() {
    const { directory } = this.workspace;
    const face = (user) => avatar(user?.real_name || user?.name || "?", user, "small");
    const apps = directory.apps.map((app) =>
      this.placeLink(
        `${app.id}/messages`,
        `#${app.id}/messages`,
        app.name,
        face(directory.users.get(app.bot_user_id)),
        directory.channelWithApp(app)?.id,
      ),
    );
    const people = directory
      .myDirectMessages()
      .map((channel) =>
        this.placeLink(
          channel.id,
          `#${channel.id}`,
          directory.channelName(channel.id),
          face(directory.users.get(directory.partner(channel))),
          channel.id,
        ),
      );
    return [...apps, ...people];
  }

  section(title, items) {
    if (items.length === 0) return [];
    const key = `section ${title}`;
    if (!this.items.has(key))
      this.items.set(
        key,
        el(
          "section",
          { class: "sidebar-section", "aria-label": title },
          el("h2", { class: "sidebar-title" }, title),
          el("div", { class: "sidebar-items" }),
        ),
      );
    const node = this.items.get(key);
    arrange(node.lastElementChild, items);
    return [node];
  }

  /** One way to go; its node is kept, so that the keyboard's focus stays on it. */
  placeLink(key, href, name, picture, channel) {
    if (!this.items.has(key))
      this.items.set(
        key,
        el(
          "a",
          { class: "sidebar-item", href },
          picture,
          el("span", { class: "sidebar-name" }, el("bdi", {}, name)),
          el("span", { class: "sidebar-mark" }),
        ),
      );
    const node = this.items.get(key);
    const { unread = 0, mentions = 0 } = this.workspace.unread.get(channel) ?? {};
    const isHere = this.workspace.placeKey === key;
    node.classList.toggle("here", isHere);
    node.classList.toggle("unread", unread > 0 && !isHere);
    if (isHere) node.setAttribute("aria-current", "page");
    else node.removeAttribute("aria-current");
    const mark = node.lastElementChild;
    mark.textContent = !isHere && unread > 0 ? String(mentions || unread) : "";
    mark.classList.toggle("mentions", mentions > 0);
    node.setAttribute("aria-label", unread > 0 && !isHere ? `${name}, ${unread} unread` : name);
    return node;
  }

  outsideLink(entry) {
    const key = `link ${entry.url}`;
    if (!this.items.has(key))
      this.items.set(
        key,
        el(
          "a",
          {
            class: "sidebar-item sidebar-link",
            href: safeAddress(entry.url),
            target: "_blank",
            rel: "noopener noreferrer",
          },
          icon("link"),
          el("span", { class: "sidebar-name" }, el("bdi", {}, entry.label)),
        ),
      );
    return this.items.get(key);
  }

  /** Up and down move through the list; in the whole page, Alt with up and down opens what is above and below. */
  key(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || event.altKey) return;
    const links = [...this.places.querySelectorAll("a")];
    links[(links.indexOf(document.activeElement) + step + links.length) % links.length]?.focus();
    event.preventDefault();
  }

  neighbour(step) {
    const links = [...this.places.querySelectorAll("a:not(.sidebar-link)")];
    const at = links.findIndex((link) => link.classList.contains("here"));
    return links[(at + step + links.length) % links.length];
  }
}
