/** Asks the server. Every answer is JSON with `ok`; what went wrong always comes with a sentence fit to show. */

/** Longer than the server ever waits for an app, so that its own sentence comes first. */
const LONGEST_WAIT = 10000;

const UNREACHABLE = {
  ok: false,
  error: "unreachable",
  message: "The workspace cannot be reached. Your work is still here; try again in a moment.",
};

/** Ask for something. */
export const read = (name, parameters = {}) => ask(`/ui/${name}?${new URLSearchParams(parameters)}`, {});

/** Do something as a person. */
export const act = (name, body) =>
  ask(`/ui/${name}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

/** Hand a file over; the answer carries what Slack calls a file object. */
export const upload = (user, file) =>
  ask(`/ui/upload?${new URLSearchParams({ user, name: file.name })}`, {
    method: "POST",
    headers: { "Content-Type": "application/octet-stream" },
    body: file,
  });

async function ask(address, request) {
  try {
    const response = await fetch(address, { ...request, signal: AbortSignal.timeout(LONGEST_WAIT) });
    return await response.json();
  } catch {
    return UNREACHABLE;
  }
}
