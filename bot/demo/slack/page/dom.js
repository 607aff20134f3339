/**
 * Builds the page's nodes. Text only ever enters the document as text nodes and attributes, so that nothing a message
 * says can become markup or script.
 */

const SVG = "http://www.w3.org/2000/svg";

/** Make an HTML element: `on…` listens, `class`, `data-…` and `aria-…` are attributes, the rest are properties. */
export function el(tag, properties = {}, ...children) {
  return fill(document.createElement(tag), properties, children);
}

/** Make an SVG element, whose properties are all attributes. */
export function svg(tag, properties = {}, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(properties)) node.setAttribute(name, value);
  node.append(...children.flat(Infinity).filter(isPresent));
  return node;
}

function fill(node, properties, children) {
  for (const [name, value] of Object.entries(properties)) assign(node, name, value);
  node.append(...children.flat(Infinity).filter(isPresent));
  return node;
}

function assign(node, name, value) {
  if (value === undefined || value === null || value === false) return;
  if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
  else if (name === "class" || name === "for" || name === "role" || name.includes("-")) node.setAttribute(name, value);
  else if (name in node) node[name] = value;
  else node.setAttribute(name, value);
}

const isPresent = (child) => child !== undefined && child !== null && child !== false && child !== "";

/** A fragment of the given children, for renderers that return several nodes. */
export function fragment(...children) {
  const result = document.createDocumentFragment();
  result.append(...children.flat(Infinity).filter(isPresent));
  return result;
}

/**
 * Make `parent` hold exactly `wanted`, in order, without moving a node that already stands in its place: a moved node
 * would lose its focus, its caret and its scroll position.
 */
export function arrange(parent, wanted) {
  const keep = new Set(wanted);
  for (const child of [...parent.childNodes]) if (!keep.has(child)) child.remove();
  wanted.forEach((node, index) => {
    if (parent.childNodes[index] !== node) parent.insertBefore(node, parent.childNodes[index] ?? null);
  });
}

let serial = 0;

/** An id that no other element of the page has, to tie labels and descriptions to their inputs. */
export const uniqueId = (prefix) => `${prefix}-${++serial}`;

const ICONS = {
  hash: "M5.5 2 4 14M12 2l-1.5 12M2 5.5h12M1.5 10.5h12",
  home: "M2 7.5 8 2.5l6 5M3.5 6.5v7h9v-7M6.5 13.5v-4h3v4",
  link: "M6.5 9.5l5.5-5.5M8 3.5h4.5V8M11.5 10v3h-8.5v-8.5h3",
  pencil: "M3 13l.8-3.2L11 2.6l2.4 2.4-7.2 7.2zM9.5 4.1l2.4 2.4",
  reply: "M2.5 3h11v8h-6l-3 2.5V11h-2z",
  smile: "M8 1.5a6.5 6.5 0 1 0 0 13a6.5 6.5 0 1 0 0-13M5.5 6v1M10.5 6v1M5 9.5c1.5 2.2 4.5 2.2 6 0",
  more: "M8 3v.01M8 8v.01M8 13v.01",
  braces:
    "M6 2.5c-2 0-2 .5-2 2s0 3-1.5 3.5c1.5.5 1.5 2 1.5 3.5s0 2 2 2M10 2.5c2 0 2 .5 2 2s0 3 1.5 3.5c-1.5.5-1.5 2-1.5 3.5s0 2-2 2",
  close: "M3.5 3.5l9 9M12.5 3.5l-9 9",
  back: "M10 3 5 8l5 5",
  down: "M3.5 6 8 10.5 12.5 6",
  right: "M6 3.5 10.5 8 6 12.5",
  left: "M10 3.5 5.5 8 10 12.5",
  send: "M2.5 13.5 14 8 2.5 2.5 4 8zM4 8h5",
  menu: "M2 4h12M2 8h12M2 12h12",
  check: "M3 8.5 6.5 12 13 4.5",
  eye: "M1.5 8s2.5-4.5 6.5-4.5S14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8M8 6a2 2 0 1 0 0 4a2 2 0 1 0 0-4",
  warning: "M8 2 15 14H1zM8 6.5v3.5M8 12v.01",
  info: "M8 1.5a6.5 6.5 0 1 0 0 13a6.5 6.5 0 1 0 0-13M8 7.5v4M8 5v.01",
  bolt: "M9 1.5 3 9h4.5L7 14.5 13 7H8.5z",
  sun: "M8 5a3 3 0 1 0 0 6a3 3 0 1 0 0-6M8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1 1M12 12l1 1M3 13l1-1M12 4l1-1",
  moon: "M13.5 10A6 6 0 0 1 6 2.5a6 6 0 1 0 7.5 7.5z",
  trash: "M2.5 4.5h11M6 4V2.5h4V4M4 4.5l.7 9h6.6l.7-9M6.5 7v4M9.5 7v4",
  thumbsup:
    "M2 7.5h2.5v6H2zM4.5 8 7.5 2.5c1.5 0 1.8 1.2 1.3 2.3L8.2 6.5h4.3c1 0 1.5.8 1.3 1.7l-1 4c-.2.8-.8 1.3-1.6 1.3H4.5",
  thumbsdown:
    "M2 8.5h2.5v-6H2zM4.5 8 7.5 13.5c1.5 0 1.8-1.2 1.3-2.3L8.2 9.5h4.3c1 0 1.5-.8 1.3-1.7l-1-4c-.2-.8-.8-1.3-1.6-1.3H4.5",
  circle: "M8 2a6 6 0 1 0 0 12a6 6 0 1 0 0-12",
  file: "M3.5 1.5h6l3 3v10h-9zM9.5 1.5v3h3",
  play: "M5 3l8 5-8 5z",
};

/** One of the page's line icons, hidden from screen readers: its button or its neighbour carries the words. */
export function icon(name) {
  return svg(
    "svg",
    { viewBox: "0 0 16 16", class: `icon icon-${name}`, "aria-hidden": "true" },
    svg("path", { d: ICONS[name] }),
  );
}

/** A button that shows only an icon; `label` is what it says to those who cannot see it, and its tooltip. */
export function iconButton(name, label, onclick, properties = {}) {
  return el(
    "button",
    { type: "button", class: "icon-button", "aria-label": label, title: label, onclick, ...properties },
    icon(name),
  );
}
