/** Decides which addresses may be followed. Anything that is not a web or mail address stays text. */

import { el } from "../dom.js";

const ALLOWED = new Set(["http:", "https:", "mailto:"]);

/** The address if it may be followed, or `null`. */
export function safeAddress(address) {
  let parsed;
  try {
    parsed = new URL(address);
  } catch {
    return null;
  }
  return ALLOWED.has(parsed.protocol) ? parsed.href : null;
}

/** A link that opens beside the workspace, or the bare words when the address may not be followed. */
export function link(address, words, className = "link") {
  const href = safeAddress(address);
  const content = words ?? address;
  const inside = href && insideAddress(href);
  if (inside) return el("a", { class: className, href: inside }, el("bdi", {}, content));
  if (href === null) return el("bdi", { class: "refused-link" }, content);
  return el(
    "a",
    { class: className, href, target: "_blank", rel: "noopener noreferrer", title: href },
    el("bdi", {}, content),
  );
}

/** The place on this page that a permanent link to one of the workspace's messages means, or `null`. */
export function insideAddress(href) {
  const { origin, pathname } = new URL(href);
  const found = /^\/archives\/([A-Z0-9]+)\/p(\d+)(\d{6})$/.exec(pathname);
  return origin === location.origin && found ? `#${found[1]}@${found[2]}.${found[3]}` : null;
}

/** The address of an image if it may be loaded: the web's, or a picture that carries itself. */
export function safeImage(address) {
  if (/^data:image\/(png|jpeg|gif|webp);base64,/i.test(address ?? "")) return address;
  const href = safeAddress(address);
  return href?.startsWith("http") ? href : null;
}
