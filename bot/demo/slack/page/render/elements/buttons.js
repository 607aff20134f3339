/** Shows what is clicked: buttons, the overflow menu, icon and feedback buttons. */

import { confirmed } from "../../confirm.js";
import { el, icon } from "../../dom.js";
import { openMenu } from "../../popover.js";
import { safeAddress } from "../links.js";
import { plainWords } from "../text.js";

/** A button; with a `url` it opens the page and tells the app as well. */
export function button(port) {
  const { element } = port;
  const address = element.url ? safeAddress(element.url) : null;
  const look = {
    class: `button ${["primary", "danger"].includes(element.style) ? element.style : ""}`,
    "aria-label": element.accessibility_label,
    "data-key": `${port.block.block_id} ${element.action_id}`,
  };
  const words = el("span", { class: "button-words", dir: "auto" }, plainWords(element.text));
  if (address && !element.confirm) {
    return el(
      "a",
      {
        ...look,
        href: address,
        target: "_blank",
        rel: "noopener noreferrer",
        onclick: ({ currentTarget }) => press(port, currentTarget),
      },
      words,
    );
  }
  return el(
    "button",
    { ...look, type: "button", onclick: ({ currentTarget }) => pressAfterAsking(port, currentTarget, address) },
    words,
  );
}

async function pressAfterAsking(port, origin, address) {
  if (origin.getAttribute("aria-busy") || !(await confirmed(port.element.confirm, port.surface))) return;
  if (address) open(address, "_blank", "noopener,noreferrer");
  await press(port, origin);
}

const press = (port, origin) => port.tell({ type: port.element.type, value: port.element.value ?? "" }, origin);

/** A button that would start a workflow. */
export function workflowButton(port) {
  const explain = ({ currentTarget }) => {
    const home = currentTarget.closest(".block");
    home?.querySelector(":scope > .block-failure")?.remove();
    home?.append(el("p", { class: "block-failure", role: "alert" }, "Workflows do not run in this workspace."));
  };
  const style = ["primary", "danger"].includes(port.element.style) ? port.element.style : "";
  return el(
    "button",
    { type: "button", class: `button ${style}`, "aria-label": port.element.accessibility_label, onclick: explain },
    icon("bolt"),
    plainWords(port.element.text),
  );
}

/** The "…" menu. */
export function overflow(port) {
  const open = ({ currentTarget }) =>
    openMenu(
      currentTarget,
      (port.element.options ?? []).map((option) => ({
        label: plainWords(option.text),
        description: plainWords(option.description),
        onpick: () => pickOption(port, option, currentTarget),
      })),
      { label: "More" },
    );
  return el(
    "button",
    {
      type: "button",
      class: "button icon-only",
      "aria-label": "More options",
      "aria-haspopup": "menu",
      "aria-expanded": "false",
      "data-key": `${port.block.block_id} ${port.element.action_id}`,
      onclick: open,
    },
    icon("more"),
  );
}

async function pickOption(port, option, origin) {
  if (!(await confirmed(port.element.confirm, port.surface))) return;
  const address = option.url ? safeAddress(option.url) : null;
  if (address) open(address, "_blank", "noopener,noreferrer");
  await port.tell({ type: "overflow", selected_option: option }, origin);
}

/** A quiet button with only an icon. */
export function iconButtonElement(port) {
  const { element } = port;
  const words = plainWords(element.text) || element.accessibility_label || "Remove";
  const click = ({ currentTarget }) => pressAfterAsking(port, currentTarget, null);
  const mayBeSeen =
    !element.visible_to_user_ids?.length || element.visible_to_user_ids.includes(port.surface.directory.me);
  if (!mayBeSeen) return el("span", { hidden: true });
  return el(
    "button",
    {
      type: "button",
      class: "icon-button",
      title: words,
      "aria-label": element.accessibility_label ?? words,
      onclick: click,
    },
    icon(element.icon === "trash" ? "trash" : "circle"),
  );
}

/** Two thumbs; the chosen one stays pressed. */
export function feedbackButtons(port) {
  const group = el("span", { class: "feedback", role: "group", "aria-label": "Feedback" });
  const thumbs = [
    ["positive_button", "thumbsup"],
    ["negative_button", "thumbsdown"],
  ].filter(([name]) => port.element[name]);
  const chosen = port.surface.feedback.get(port.block.block_id);
  for (const [name, picture] of thumbs) {
    const choice = port.element[name];
    const click = async ({ currentTarget }) => {
      const answer = await port.tell({ type: "feedback_buttons", value: choice.value }, currentTarget);
      if (!answer.ok) return;
      port.surface.feedback.set(port.block.block_id, choice.value);
      for (const other of group.children) other.setAttribute("aria-pressed", String(other === currentTarget));
    };
    const words = plainWords(choice.text);
    group.append(
      el(
        "button",
        {
          type: "button",
          class: "button quiet",
          "aria-label": choice.accessibility_label ?? words,
          "aria-pressed": String(chosen === choice.value),
          onclick: click,
        },
        icon(picture),
        words,
      ),
    );
  }
  return group;
}
