/** Opens menus and lists above everything else, beside what they belong to; a click elsewhere or Escape closes them. */

import { el } from "./dom.js";

const GAP = 4;
const EDGE = 8;

/**
 * Show `content` beside `anchor`. Inside a dialog it becomes part of the dialog, because all else is inert then.
 * Returns `{close, node, place}`; `onclose` is called once, however it closes.
 */
export function openPopover(anchor, content, { onclose, className = "", fit = false } = {}) {
  const node = el("div", { class: `popover ${className}`, popover: "auto" }, content);
  (anchor.closest("dialog") ?? document.body).append(node);
  node.addEventListener("toggle", (event) => {
    if (event.newState !== "closed") return;
    node.remove();
    removeEventListener("resize", place);
    anchor.setAttribute("aria-expanded", "false");
    onclose?.();
  });
  const place = () => putBeside(node, anchor, fit);
  addEventListener("resize", place);
  node.showPopover();
  anchor.setAttribute("aria-expanded", "true");
  place();
  return { node, place, close: () => node.hidePopover() };
}

function putBeside(node, anchor, fit) {
  const spot = anchor.getBoundingClientRect();
  if (fit) node.style.setProperty("min-width", `${Math.min(spot.width, innerWidth - 2 * EDGE)}px`);
  const size = node.getBoundingClientRect();
  const below = spot.bottom + GAP;
  const above = spot.top - GAP - size.height;
  const top =
    below + size.height <= innerHeight - EDGE || above < EDGE
      ? Math.min(below, innerHeight - EDGE - size.height)
      : above;
  const left = spot.left + size.width <= innerWidth - EDGE ? spot.left : spot.right - size.width;
  node.style.setProperty("top", `${Math.max(EDGE, top)}px`);
  node.style.setProperty("left", `${Math.min(Math.max(EDGE, left), Math.max(EDGE, innerWidth - EDGE - size.width))}px`);
}

/**
 * Show a menu. An item is `{label, description?, detail?, icon?, danger?, onpick}` or `{heading}`; arrows move,
 * Enter picks.
 */
export function openMenu(anchor, items, { label, fit } = {}) {
  let popover;
  const nodes = items.map((item) =>
    item.heading
      ? el("div", { class: "menu-heading", role: "presentation" }, item.heading)
      : menuItem(item, () => popover.close()),
  );
  const menu = el("div", { class: "menu", role: "menu", "aria-label": label ?? "Menu" }, nodes);
  menu.addEventListener("keydown", (event) => roam(event, menu));
  popover = openPopover(anchor, menu, {
    fit,
    onclose: () => anchor.isConnected && document.activeElement === document.body && anchor.focus(),
  });
  menu.querySelector("[role=menuitem]")?.focus();
  return popover;
}

function menuItem(item, close) {
  const pick = () => {
    close();
    item.onpick();
  };
  const words = el(
    "span",
    { class: "menu-words" },
    el("span", { class: "menu-label" }, item.label),
    item.description && el("span", { class: "menu-description" }, item.description),
  );
  return el(
    "button",
    { type: "button", role: "menuitem", class: item.danger ? "menu-item danger" : "menu-item", onclick: pick },
    item.icon,
    words,
    item.detail && el("span", { class: "menu-detail" }, item.detail),
  );
}

const STEP = { ArrowDown: 1, ArrowUp: -1 };

function roam(event, menu) {
  const items = [...menu.querySelectorAll("[role=menuitem]")];
  const at = items.indexOf(document.activeElement);
  const next =
    { Home: 0, End: items.length - 1 }[event.key] ??
    (event.key in STEP ? (at + STEP[event.key] + items.length) % items.length : null);
  if (next === null) return;
  event.preventDefault();
  items[next]?.focus();
}
