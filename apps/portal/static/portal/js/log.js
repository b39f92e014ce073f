// Follows the log of the panel: asks to be told when it grows, and stays at its end until the reader scrolls up.
import { catchUp, hearSize } from "./lines.js";

const NEAR_PX = 40;
const known = new WeakSet();

const all = () => [...document.querySelectorAll("[data-log]")];
const isAtEnd = (frame) => frame.scrollHeight - frame.scrollTop - frame.clientHeight < NEAR_PX;
const toEnd = (frame) => (frame.scrollTop = frame.scrollHeight);

const bind = (log) => {
  const frame = log.querySelector("[data-log-frame]");
  const follow = log.querySelector("[data-log-follow] input");
  const keepUp = () => follow.checked && toEnd(frame);
  follow.closest("[data-log-follow]").hidden = false;
  frame.addEventListener("scroll", () => (follow.checked = isAtEnd(frame)), { passive: true });
  follow.addEventListener("change", keepUp);
  log.addEventListener("log:grown", keepUp);
  keepUp();
};

export const followLogs = (live) => {
  const told = new Set();
  const tell = (log) => {
    if (live?.send({ log: log.dataset.log })) told.add(log.dataset.log);
  };
  const forget = (id) => {
    live.send({ forget: id });
    told.delete(id);
  };
  const look = () => {
    const shown = new Set(all().map((log) => log.dataset.log));
    [...told].filter((id) => !shown.has(id)).forEach(forget);
    for (const log of all()) {
      if (known.has(log)) {
        catchUp(log);
        continue;
      }
      known.add(log);
      tell(log);
      bind(log);
    }
  };
  live?.hear((message) => {
    if (message.opened) told.clear();
    if (message.opened) all().forEach((log) => (tell(log), catchUp(log)));
    if (message.log) all().forEach((log) => log.dataset.log === message.log && hearSize(log, message.size));
  });
  document.body.addEventListener("htmx:afterSwap", look);
  look();
};
