/* What a page must hold so that everyone can read and reach it (WCAG 2.2 AA, as far as a program can tell). Returns
   what is wrong, as a list of sentences. */
() => {
  const faults = [];
  const say = (what, element) => faults.push(`${what}: ${element.outerHTML.slice(0, 120)}`);
  const all = (selector) => [...document.querySelectorAll(selector)];
  const hidden = (element) => element.closest("[hidden], [aria-hidden=true], .unseen") || !element.getClientRects().length;

  const named = (element) =>
    element.getAttribute("aria-label") || element.labels?.[0]?.textContent.trim() || element.title ||
    document.getElementById(element.getAttribute("aria-labelledby"))?.textContent || element.textContent.trim();
  for (const field of all("input:not([type=hidden]), select, textarea, button, a[href], summary, progress")) {
    const label = field.matches("input, select, textarea") ? field.labels?.length || field.getAttribute("aria-label") : named(field);
    if (!label && !hidden(field)) say("has no name", field);
  }
  for (const picture of all("svg, img")) {
    const spoken = picture.getAttribute("aria-label") || picture.getAttribute("alt");
    if (picture.getAttribute("aria-hidden") !== "true" && !spoken) say("is a picture without words", picture);
  }

  const ids = all("[id]").map((element) => element.id);
  for (const id of new Set(ids.filter((id, at) => ids.indexOf(id) !== at))) faults.push(`the id ${id} stands twice`);
  if (!document.documentElement.lang) faults.push("the page has no language");
  if (!document.title) faults.push("the page has no title");
  if (all("main").length !== 1) faults.push("there must be one main");
  if (all("h1").length !== 1) faults.push("there must be one first heading");
  let level = 1;
  for (const heading of all("main h1, main h2, main h3, main h4")) {
    const next = Number(heading.tagName[1]);
    if (next > level + 1) say("skips a level", heading);
    level = next;
  }
  for (const table of all("table")) if (!table.querySelector("th[scope]")) say("is a table without headings", table);
  for (const list of all("ul, ol")) {
    for (const child of list.children) if (child.tagName !== "LI") say("is no item of its list", child);
  }

  if (document.documentElement.scrollWidth > innerWidth) faults.push(`is ${document.documentElement.scrollWidth} wide`);
  for (const element of all("main *")) {
    const style = getComputedStyle(element);
    const cut = style.textOverflow === "ellipsis" || (style.overflowX === "hidden" && element.scrollWidth > element.clientWidth + 1);
    // How the name of a chosen file is shown is the browser's own matter.
    if (cut && element.type !== "file" && style.clipPath === "none" && !hidden(element)) say("is cut off", element);
  }
  for (const target of all("button, input:not([type=hidden]), select, nav a, .button")) {
    const { width, height } = target.getBoundingClientRect();
    if (!hidden(target) && !["checkbox", "radio"].includes(target.type) && (width < 24 || height < 18)) say("is too small to hit", target);
  }

  const parse = (colour) => {
    const [r, g, b, a = 1] = colour.match(/[\d.]+/g).map(Number);
    return colour.startsWith("color(") ? { r: r * 255, g: g * 255, b: b * 255, a } : { r, g, b, a };
  };
  const light = ({ r, g, b }) => {
    const [x, y, z] = [r, g, b].map((part) => part / 255).map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour.a === 1) return colour;
    }
    return { r: 255, g: 255, b: 255 };
  };
  const contrast = (one, other) => {
    const [high, low] = [light(one), light(other)].sort((a, b) => b - a);
    return (high + 0.05) / (low + 0.05);
  };
  for (const element of all("body *")) {
    const speaks = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!speaks || hidden(element) || element.closest("svg, option, script")) continue;
    const style = getComputedStyle(element);
    const found = contrast(parse(style.color), behind(element));
    const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && Number(style.fontWeight) >= 700);
    if (found < (large ? 3 : 4.5)) say(`has a contrast of ${found.toFixed(2)}`, element);
  }
  for (const field of all("input:not([type=hidden]), select, textarea")) {
    if (hidden(field)) continue;
    const found = contrast(parse(getComputedStyle(field).borderTopColor), behind(field.parentElement));
    if (found < 3) say(`has a border with a contrast of ${found.toFixed(2)}`, field);
  }
  return faults;
}
