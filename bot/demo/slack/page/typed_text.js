/** A message of one's own as it was typed: what names people, channels and addresses reads as one would write it. */

import { unescapeText } from "./render/mrkdwn.js";

const CONTROL = /<([@#!]?)([^<>|]+)(?:\|([^<>]*))?>/g;

/** Return what to put into the field when the message is edited. */
export function typedText(message, directory) {
  const words = (message.text ?? "").replace(CONTROL, (whole, kind, what, label) => {
    if (kind === "@") return `@${directory.users.get(what)?.name ?? what}`;
    if (kind === "#") return `#${directory.channels.get(what)?.name ?? label ?? what}`;
    return kind === "!" ? `@${what}` : what;
  });
  return unescapeText(words);
}
