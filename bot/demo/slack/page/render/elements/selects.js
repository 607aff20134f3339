/** Shows every kind of select: a button with the choice, and a list to search in. */

import { el, icon, uniqueId } from "../../dom.js";
import { openPopover } from "../../popover.js";
import { plainWords } from "../text.js";

/** How long someone must pause before an external list is asked for. */
const PAUSE = 250;

const optionItem = (option) => ({
  key: option.value,
  content: option,
  label: plainWords(option.text),
  description: plainWords(option.description),
});
const keyOfOption = (content) => content.value;
const keyOfId = (content) => content;

/** Where a select's items come from: `groups(port, query)`, and how its content names an item. */
const STATIC = { groups: staticGroups, key: keyOfOption, words: (port, option) => plainWords(option.text) };
const EXTERNAL = { groups: externalGroups, key: keyOfOption, words: STATIC.words, remote: true };
const USERS = { groups: userGroups, key: keyOfId, words: (port, id) => port.surface.directory.userName(id) ?? id };
const CHANNELS = { groups: (port) => channelGroups(port, ["public"]), key: keyOfId, words: channelWords };
const CONVERSATIONS = {
  groups: (port) => channelGroups(port, port.element.filter?.include ?? ["public", "private", "im", "mpim"]),
  key: keyOfId,
  words: channelWords,
};

export const staticSelect = (port) => select(port, STATIC, false);
export const externalSelect = (port) => select(port, EXTERNAL, false);
export const usersSelect = (port) => select(port, USERS, false);
export const channelsSelect = (port) => select(port, CHANNELS, false);
export const conversationsSelect = (port) => select(port, CONVERSATIONS, false);
export const multiStaticSelect = (port) => select(port, STATIC, true);
export const multiExternalSelect = (port) => select(port, EXTERNAL, true);
export const multiUsersSelect = (port) => select(port, USERS, true);
export const multiChannelsSelect = (port) => select(port, CHANNELS, true);
export const multiConversationsSelect = (port) => select(port, CONVERSATIONS, true);

function staticGroups(port) {
  return optionGroups(port.element);
}

async function externalGroups(port, query) {
  const least = port.element.min_query_length ?? 3;
  if (query.length < least)
    return { note: least === 1 ? "Type to search." : `Type at least ${least} characters.`, groups: [] };
  const answer = await port.surface.options(port.block, port.element, query);
  return answer.ok ? optionGroups(answer) : { note: answer.message, groups: [] };
}

function optionGroups(holder) {
  const groups = holder.option_groups ?? [{ options: holder.options ?? [] }];
  return {
    groups: groups.map((group) => ({ label: plainWords(group.label), items: (group.options ?? []).map(optionItem) })),
  };
}

function userGroups(port) {
  const items = [...port.surface.directory.users.values()].map((user) => ({
    key: user.id,
    content: user.id,
    label: user.real_name || user.name,
    description: user.title,
  }));
  return { groups: [{ items }] };
}

function channelGroups(port, kinds) {
  const { directory } = port.surface;
  const kindOf = (channel) => (channel.is_im ? "im" : channel.is_private ? "private" : "public");
  const seen = [...directory.channels.values()].filter(
    (channel) =>
      !channel.is_archived &&
      kinds.includes(kindOf(channel)) &&
      (kindOf(channel) === "public" || channel.members.includes(directory.me)),
  );
  return {
    groups: [
      {
        items: seen.map((channel) => ({ key: channel.id, content: channel.id, label: channelWords(port, channel.id) })),
      },
    ],
  };
}

function channelWords(port, id) {
  const channel = port.surface.directory.channels.get(id);
  const name = port.surface.directory.channelName(id) ?? id;
  return channel?.is_im ? name : `#${name}`;
}

function select(port, source, multiple) {
  const words = el("span", { class: "select-words", dir: "auto" });
  const control = el(
    "button",
    {
      type: "button",
      class: "select",
      "aria-haspopup": "listbox",
      "aria-expanded": "false",
      ...port.naming(plainWords(port.element.placeholder) || "Choose"),
    },
    words,
    icon("down"),
  );
  const placeholder = plainWords(port.element.placeholder) || (multiple ? "Choose some" : "Choose one");
  const chosen = () => [port.content() ?? []].flat();
  const draw = () => {
    const labels = chosen().map((content) => source.words(port, content));
    words.classList.toggle("placeholder", labels.length === 0);
    words.replaceChildren(
      ...(labels.length === 0
        ? [placeholder]
        : labels.map((label) => el("span", { class: multiple ? "chip" : "chosen" }, label))),
    );
  };
  const commit = async (contents) => {
    await port.choose(multiple ? contents : (contents[0] ?? null), control);
    draw();
  };
  control.addEventListener("click", () =>
    new Chooser(control, { port, source, multiple, chosen: chosen(), commit, placeholder }).open(),
  );
  draw();
  return control;
}

/** The list that opens below a select. A single choice is made at once, several when the list closes. */
class Chooser {
  constructor(control, settings) {
    Object.assign(this, { control, ...settings });
    this.before = this.keys().join("\n");
    this.active = -1;
    this.list = el("div", {
      class: "list",
      role: "listbox",
      id: uniqueId("list"),
      "aria-label": this.placeholder,
      "aria-multiselectable": String(this.multiple),
    });
    this.note = el("p", { class: "list-note", role: "status" });
    this.search = el("input", {
      type: "text",
      class: "field list-search",
      placeholder: "Search",
      role: "combobox",
      "aria-label": `Search: ${this.placeholder}`,
      "aria-controls": this.list.id,
      "aria-expanded": "true",
      autocomplete: "off",
    });
    this.search.addEventListener("input", () => this.refreshSoon());
    this.search.addEventListener("keydown", (event) => this.key(event));
  }

  keys() {
    return this.chosen.map(this.source.key);
  }

  open() {
    this.popover = openPopover(this.control, el("div", { class: "chooser" }, this.search, this.list, this.note), {
      fit: true,
      onclose: () => this.closed(),
    });
    this.search.focus();
    void this.refresh();
  }

  closed() {
    if (this.multiple && this.keys().join("\n") !== this.before) void this.commit(this.chosen);
    if (this.control.isConnected) this.control.focus();
  }

  refreshSoon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.refresh(), this.source.remote ? PAUSE : 0);
  }

  async refresh() {
    const query = this.search.value.trim();
    if (this.source.remote) this.note.textContent = "Searching …";
    const found = await this.source.groups(this.port, query);
    if (query !== this.search.value.trim()) return;
    const wanted = query.toLocaleLowerCase();
    const fits = (item) =>
      this.source.remote || `${item.label} ${item.description ?? ""}`.toLocaleLowerCase().includes(wanted);
    this.items = [];
    this.list.replaceChildren(...found.groups.flatMap((group) => this.groupNodes(group, group.items.filter(fits))));
    this.note.textContent = found.note ?? (this.items.length ? "" : "Nothing found.");
    this.note.hidden = !this.note.textContent;
    this.list.hidden = this.items.length === 0;
    this.activate(
      Math.max(
        0,
        this.items.findIndex(({ item }) => this.keys().includes(item.key)),
      ),
    );
    this.popover.place();
  }

  groupNodes(group, items) {
    if (items.length === 0) return [];
    const heading = group.label ? [el("div", { class: "menu-heading", role: "presentation" }, group.label)] : [];
    return [...heading, ...items.map((item) => this.itemNode(item))];
  }

  itemNode(item) {
    const index = this.items.length;
    const words = el(
      "span",
      { class: "menu-words" },
      el("span", { class: "menu-label", dir: "auto" }, item.label),
      item.description && el("span", { class: "menu-description" }, item.description),
    );
    const node = el(
      "div",
      {
        class: "menu-item",
        role: "option",
        id: uniqueId("option"),
        "aria-selected": String(this.keys().includes(item.key)),
        onclick: () => this.pick(index),
        onpointermove: () => this.activate(index),
      },
      icon("check"),
      words,
    );
    this.items.push({ item, node });
    return node;
  }

  activate(index) {
    this.items[this.active]?.node.classList.remove("active");
    this.active = index;
    const node = this.items[index]?.node;
    node?.classList.add("active");
    node?.scrollIntoView({ block: "nearest" });
    this.search.setAttribute("aria-activedescendant", node?.id ?? "");
  }

  pick(index) {
    const picked = this.items[index]?.item;
    if (!picked) return;
    if (!this.multiple) {
      this.popover.close();
      void this.commit([picked.content]);
      return;
    }
    const held = this.keys().includes(picked.key);
    const most = this.port.element.max_selected_items;
    if (!held && most && this.chosen.length >= most) {
      this.note.hidden = false;
      this.note.textContent = `At most ${most} can be chosen.`;
      return;
    }
    this.chosen = held
      ? this.chosen.filter((content) => this.source.key(content) !== picked.key)
      : [...this.chosen, picked.content];
    this.items[index].node.setAttribute("aria-selected", String(!held));
  }

  key(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && this.items?.length) this.activate((this.active + step + this.items.length) % this.items.length);
    else if (event.key === "Enter") this.pick(this.active);
    else if (event.key === "Tab") return this.popover.close();
    else return undefined;
    event.stopPropagation();
    return event.preventDefault();
  }
}
