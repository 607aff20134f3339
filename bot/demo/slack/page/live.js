/** Keeps the stream of what happens open, and says so when it is not. */

const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 5000;

/**
 * Follow what happens to `user`: `onopen()` when the line first stands, `onevent(event)` for each frame, `onlost()` when
 * it breaks, `onback()` when it stands again and everything must be loaded anew. Returns a function that ends it.
 */
export function follow(user, { onopen, onevent, onlost, onback }) {
  let socket;
  let pause = FIRST_PAUSE;
  let timer;
  let ended = false;
  let broken = false;

  function connect() {
    clearTimeout(timer);
    socket = new WebSocket(
      `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ui/live?user=${encodeURIComponent(user)}`,
    );
    socket.onmessage = (frame) => receive(JSON.parse(frame.data));
    socket.onclose = lost;
  }

  function receive(event) {
    if (event.type !== "hello") return onevent(event);
    pause = FIRST_PAUSE;
    if (broken) onback();
    else onopen();
    broken = false;
    return undefined;
  }

  function lost() {
    if (ended) return;
    if (!broken) onlost();
    broken = true;
    timer = setTimeout(connect, pause);
    pause = Math.min(pause * 2, LONGEST_PAUSE);
  }

  const retryNow = () => broken && socket.readyState === WebSocket.CLOSED && connect();
  addEventListener("online", retryNow);
  connect();
  return () => {
    ended = true;
    clearTimeout(timer);
    removeEventListener("online", retryNow);
    socket.close();
  };
}
