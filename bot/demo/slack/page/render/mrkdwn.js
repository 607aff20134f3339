/**
 * Reads Slack's mrkdwn into a tree of plain objects. Control sequences are found in the text as it was sent, and only
 * the words between them are unescaped, once: an escaped `&lt;!channel&gt;` can never turn into a mention.
 *
 * Nodes: `{kind: "text", text}`, `{kind: "styled", style, children}`, `{kind: "code", text}`, `{kind: "emoji", name}`,
 * `{kind: "link", address, label}`, `{kind: "user" | "channel" | "usergroup", id, label}`,
 * `{kind: "broadcast", range}`, `{kind: "date", seconds, format, address, label}`; around them the blocks
 * `{kind: "line", children}`, `{kind: "quote", lines}` and `{kind: "preformatted", text}`.
 */

const ENTITIES = { "&amp;": "&", "&lt;": "<", "&gt;": ">" };

/** Undo exactly the three escapes that Slack knows, each once. */
export const unescapeText = (text) => text.replace(/&(?:amp|lt|gt);/g, (entity) => ENTITIES[entity]);

/** So many marks are honoured in one text; a text of nothing but marks would take a browser seconds to lay out. */
const MOST_MARKS = 2000;

/** Read a whole text; `verbatim` leaves bare addresses alone. */
export function parseMrkdwn(source, { verbatim = false } = {}) {
  const blocks = [];
  const settings = { verbatim, marks: { left: MOST_MARKS } };
  const parts = source.split("```");
  const closed = parts.length % 2 === 1 ? parts.length : parts.length - 1;
  parts.forEach((part, index) => {
    if (index % 2 === 1 && index < closed)
      blocks.push({ kind: "preformatted", text: unescapeText(plainControls(part).replace(/^\n|\n$/g, "")) });
    else blocks.push(...parseLines(index === closed ? "```" + part : aroundFences(part, index, closed), settings));
  });
  return blocks;
}

/** The line breaks that only set a fence apart from its neighbours are not lines of their own. */
function aroundFences(part, index, closed) {
  const after = index > 0 ? part.replace(/^\n/, "") : part;
  return index + 1 < closed ? after.replace(/\n$/, "") : after;
}

/** Inside code a link reads as its address, as Slack shows it. */
const plainControls = (text) => text.replace(/<((?:https?|mailto):[^|>\n]+)(?:\|[^>\n]*)?>/g, "$1");

function parseLines(text, settings) {
  if (text === "") return [];
  const blocks = [];
  const lines = text.split("\n");
  for (let index = 0; index < lines.length; index += 1) {
    const everything = /^(?:&gt;|>){3} ?/.exec(lines[index]);
    if (everything) {
      const rest = [lines[index].slice(everything[0].length), ...lines.slice(index + 1)];
      blocks.push({ kind: "quote", lines: rest.map((line) => new Inline(line, settings).nodes()) });
      break;
    }
    addLine(blocks, lines[index], settings);
  }
  return blocks;
}

function addLine(blocks, line, settings) {
  const quoted = /^(?:&gt;|>) ?/.exec(line);
  const children = new Inline(quoted ? line.slice(quoted[0].length) : line, settings).nodes();
  if (!quoted) blocks.push({ kind: "line", children });
  else if (blocks.at(-1)?.kind === "quote") blocks.at(-1).lines.push(children);
  else blocks.push({ kind: "quote", lines: [children] });
}

const STYLES = { "*": "bold", _: "italic", "~": "strike" };
const CONTROL = /<([^<>\n]{1,3100})>/y;
const EMOJI = /:([a-z0-9_+-]+(?:::skin-tone-[2-6])?):/y;
const ADDRESS = /(?:https?:\/\/|mailto:)[^\s<>|"']+/y;
const isWord = (character) => character !== undefined && /[\p{L}\p{N}]/u.test(character);
const isSpace = (character) => character === undefined || /\s/.test(character);

/** One line being read. Searches that failed once are remembered, so that a hostile line still takes linear time. */
class Inline {
  constructor(source, settings, active = "") {
    this.source = source;
    this.settings = settings;
    this.active = active;
    this.at = 0;
    this.words = "";
    this.result = [];
    this.unclosed = new Set();
  }

  nodes() {
    while (this.at < this.source.length && this.settings.marks.left > 0) {
      const taken = this.control() || this.code() || this.styled() || this.emoji() || this.address();
      if (!taken) this.words += this.source[this.at++];
    }
    this.words += this.source.slice(this.at);
    this.flush();
    return this.result;
  }

  flush() {
    if (this.words) this.result.push({ kind: "text", text: unescapeText(this.words) });
    this.words = "";
  }

  push(node, length) {
    this.flush();
    this.result.push(node);
    this.settings.marks.left -= 1;
    this.at += length;
    return true;
  }

  match(pattern) {
    pattern.lastIndex = this.at;
    return pattern.exec(this.source);
  }

  control() {
    if (this.source[this.at] !== "<") return false;
    const found = this.match(CONTROL);
    return found !== null && this.push(controlNode(found[1]), found[0].length);
  }

  code() {
    if (this.source[this.at] !== "`" || this.unclosed.has("`")) return false;
    const end = this.source.indexOf("`", this.at + 1);
    if (end < 0) this.unclosed.add("`");
    if (end <= this.at + 1) return false;
    const text = unescapeText(plainControls(this.source.slice(this.at + 1, end)));
    return this.push({ kind: "code", text }, end + 1 - this.at);
  }

  styled() {
    const mark = this.source[this.at];
    if (!(mark in STYLES) || this.active.includes(mark) || this.unclosed.has(mark)) return false;
    if (isWord(this.source[this.at - 1]) || isSpace(this.source[this.at + 1])) return false;
    const end = this.closing(mark);
    if (end < 0) return false;
    const inner = new Inline(this.source.slice(this.at + 1, end), this.settings, this.active + mark).nodes();
    return this.push({ kind: "styled", style: STYLES[mark], children: inner }, end + 1 - this.at);
  }

  closing(mark) {
    for (let end = this.source.indexOf(mark, this.at + 2); end >= 0; end = this.source.indexOf(mark, end + 1)) {
      if (!isSpace(this.source[end - 1]) && !isWord(this.source[end + 1])) return end;
    }
    this.unclosed.add(mark);
    return -1;
  }

  emoji() {
    if (this.source[this.at] !== ":") return false;
    const found = this.match(EMOJI);
    return found !== null && this.push({ kind: "emoji", name: found[1] }, found[0].length);
  }

  address() {
    if (this.settings.verbatim || isWord(this.source[this.at - 1]) || !/[hm]/.test(this.source[this.at])) return false;
    const found = this.match(ADDRESS);
    if (!found) return false;
    const written = found[0].replace(/(?:&gt;|[.,;:!?)\]*_~])+$/, "");
    return this.push({ kind: "link", address: unescapeText(written), label: null }, written.length);
  }
}

/** What stands between `<` and `>`. */
function controlNode(body) {
  const bar = body.indexOf("|");
  const target = bar < 0 ? body : body.slice(0, bar);
  const label = bar < 0 ? null : unescapeText(body.slice(bar + 1)) || null;
  const id = target.slice(1);
  if (/^@[UW][A-Z0-9]+$/.test(target)) return { kind: "user", id, label };
  if (/^#[CGD][A-Z0-9]+$/.test(target)) return { kind: "channel", id, label };
  if (target.startsWith("!")) return specialNode(target, label);
  return { kind: "link", address: unescapeText(target), label };
}

function specialNode(target, label) {
  const [name, ...rest] = target.slice(1).split("^");
  if (name === "subteam") return { kind: "usergroup", id: rest[0], label };
  if (name === "date")
    return {
      kind: "date",
      seconds: rest[0],
      format: unescapeText(rest[1] ?? ""),
      address: rest[2] ? unescapeText(rest[2]) : null,
      label,
    };
  if (["here", "channel", "everyone"].includes(name)) return { kind: "broadcast", range: name };
  return { kind: "text", text: label ?? `<${target}>` };
}
