/** Shows who reacted with what, and lets the person react. */

import { el, iconButton } from "./dom.js";
import { openPopover } from "./popover.js";
import { REACTIONS, emojiNamed } from "./render/emoji.js";

/** The reactions below a message; a click joins or leaves. `null` when there are none. */
export function reactionRow(reactions, directory, react) {
  if (!reactions?.length) return null;
  const pills = reactions.map((reaction) => {
    const mine = reaction.users.includes(directory.me);
    const people = reaction.users.map((id) => directory.userName(id) ?? id).join(", ");
    const label = `${reaction.name}: ${people}`;
    return el(
      "button",
      {
        type: "button",
        class: "reaction",
        "aria-pressed": String(mine),
        "aria-label": label,
        title: label,
        onclick: () => react(reaction.name, mine),
      },
      el("span", { class: "emoji" }, emojiNamed(reaction.name) ?? `:${reaction.name}:`),
      el("span", { class: "reaction-count" }, String(reaction.count ?? reaction.users.length)),
    );
  });
  const add = iconButton("smile", "Add a reaction", ({ currentTarget }) =>
    openReactions(currentTarget, (name) => react(name, false)),
  );
  return el("div", { class: "reactions" }, pills, add);
}

/** Offer the usual reactions. */
export function openReactions(anchor, react) {
  const pick = (name) => () => {
    popover.close();
    react(name);
  };
  const choices = REACTIONS.map((name) =>
    el(
      "button",
      { type: "button", class: "reaction-choice", "aria-label": name, title: `:${name}:`, onclick: pick(name) },
      emojiNamed(name),
    ),
  );
  const popover = openPopover(
    anchor,
    el("div", { class: "reaction-choices", role: "group", "aria-label": "Reactions" }, choices),
  );
  choices[0].focus();
}
