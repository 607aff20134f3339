/** Knows the people, channels and apps of the workspace by their ids. */

import { el } from "./dom.js";

/** What `/ui/bootstrap` told, seen by one person. */
export class Directory {
  constructor(bootstrap, me) {
    this.me = me;
    this.refresh(bootstrap);
  }

  /** Take what the server says now. */
  refresh(bootstrap) {
    this.workspace = bootstrap.team?.name;
    this.users = new Map(bootstrap.users.map((user) => [user.id, user]));
    this.channels = new Map(bootstrap.channels.map((channel) => [channel.id, channel]));
    this.apps = bootstrap.apps ?? [];
    this.usergroups = new Map((bootstrap.usergroups ?? []).map((group) => [group.id, group]));
    this.links = bootstrap.links ?? [];
  }

  /** Those one can be. */
  people() {
    return [...this.users.values()].filter((user) => !user.is_bot);
  }

  userName(id) {
    const user = this.users.get(id);
    return user && (user.real_name || user.name);
  }

  usergroupName(id) {
    const group = this.usergroups.get(id);
    return group && (group.handle || group.name);
  }

  /** A channel's name, or in a direct message the other member's. */
  channelName(id) {
    const channel = this.channels.get(id);
    if (!channel) return undefined;
    return channel.is_im ? (this.userName(this.partner(channel)) ?? "Direct message") : channel.name;
  }

  partner(channel) {
    return channel.members.find((member) => member !== this.me) ?? this.me;
  }

  appOfUser(id) {
    return this.apps.find((app) => app.bot_user_id === id);
  }

  /** The open channels that the person is a member of, by name. */
  myChannels() {
    return this.mine()
      .filter((channel) => !channel.is_im)
      .sort((one, other) => one.name.localeCompare(other.name));
  }

  /** The person's direct messages with people; those with an app are that app's Messages tab. */
  myDirectMessages() {
    return this.mine().filter((channel) => channel.is_im && !this.appOfUser(this.partner(channel)));
  }

  /** The direct message with an app, if there is one yet. */
  channelWithApp(app) {
    return this.mine().find((channel) => channel.is_im && this.partner(channel) === app.bot_user_id);
  }

  /** Every open conversation that the person is in. */
  mine() {
    return [...this.channels.values()].filter((channel) => channel.members.includes(this.me) && !channel.is_archived);
  }
}

/** A square with the initials of a person or app, in their own colour. */
export function avatar(name, user, size = "middle") {
  const initials = (name.match(/[\p{L}\p{N}]+/gu) ?? ["?"])
    .slice(0, 2)
    .map((word) => [...word][0].toUpperCase())
    .join("");
  return el("span", { class: `avatar avatar-${size} tone-${tone(user?.id ?? name)}`, "aria-hidden": "true" }, initials);
}

const tone = (key) => [...key].reduce((sum, character) => (sum * 31 + character.codePointAt(0)) % 8, 7);
