// The socket of the page: says what was seen last, hands on what comes, and tries again when it breaks.
import { announce } from "./announce.js";
import { putInPlace } from "./facts.js";
import { showLamp } from "./lamp.js";
import { reread } from "./reread.js";

const SIGNED_OUT = 1008;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;
const POLL_MS = 10_000;
const TRIES_BEFORE_POLLING = 4;

export const keepLive = () => {
  const region = document.querySelector("[data-live]");
  if (!region) return null;
  let socket, poll;
  let tries = 0;
  let seen = Number(region.dataset.sequence);
  const hearers = new Set();

  const hear = ({ data }) => {
    const message = JSON.parse(data);
    seen = Math.max(seen, message.sequence ?? 0, message.caught_up ?? 0);
    if (message.reload) seen = 0;
    if (message.kind) {
      putInPlace(message);
      announce(message);
    }
    if (message.kind || message.reload) reread();
    for (const hearer of hearers) hearer(message);
  };
  const opened = () => {
    poll = clearInterval(poll);
    tries = 0;
    socket.send(JSON.stringify({ after: Math.max(seen, Number(document.querySelector("[data-live]").dataset.sequence)) }));
    showLamp("live");
    for (const hearer of hearers) hearer({ opened: true });
  };
  const closed = ({ code }) => {
    if (code === SIGNED_OUT) return (showLamp("paused"), reread()); // which leads to the sign-in page
    const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** tries++) * (0.75 + Math.random() / 2);
    poll ??= setInterval(reread, POLL_MS);
    showLamp(tries > TRIES_BEFORE_POLLING ? "polling" : "reconnecting", Date.now() + pause);
    setTimeout(connect, pause);
  };
  const connect = () => {
    socket = new WebSocket(new URL(region.dataset.live, location.href.replace(/^http/, "ws")));
    socket.onopen = opened;
    socket.onmessage = hear;
    socket.onclose = closed;
  };
  connect();
  const send = (wish) => {
    const isOpen = socket.readyState === WebSocket.OPEN;
    if (isOpen) socket.send(JSON.stringify(wish));
    return isOpen;
  };
  return { send, hear: (hearer) => hearers.add(hearer) };
};
