// Follows the log of the panel: asks for what came after the last whole line, and stays at the end until scrolled up.
const NEAR_PX = 40;
const reading = new Set();
const again = new Set();

const isAtEnd = (frame) => frame.scrollHeight - frame.scrollTop - frame.clientHeight < NEAR_PX;
const toEnd = (frame) => (frame.scrollTop = frame.scrollHeight);
const switchOf = (log) => log.querySelector("[data-log-follow] input");

const bind = (log, live) => {
  live?.send({ log: log.dataset.log });
  if (log.dataset.bound) return;
  log.dataset.bound = "true";
  const frame = log.querySelector("[data-log-frame]");
  const follow = switchOf(log);
  follow.closest("[data-log-follow]").hidden = false;
  frame.addEventListener("scroll", () => (follow.checked = isAtEnd(frame)), { passive: true });
  follow.addEventListener("change", () => follow.checked && toEnd(frame));
  toEnd(frame);
};

const read = async (log) => {
  const answer = await fetch(`${log.dataset.logAddress}?start=${log.dataset.logEnd}`);
  if (!answer.ok) return;
  const lines = log.querySelector("[data-log-lines]");
  const html = await answer.text();
  lines.querySelector("[data-partial]")?.remove();
  lines.insertAdjacentHTML("beforeend", html);
  log.dataset.logEnd = answer.headers.get("X-Log-End");
  if (switchOf(log).checked) toEnd(log.querySelector("[data-log-frame]"));
};

const catchUp = async (log) => {
  if (reading.has(log)) return again.add(log);
  reading.add(log);
  try {
    do {
      again.delete(log);
      await read(log);
    } while (again.has(log));
  } finally {
    reading.delete(log);
  }
};

export const followLogs = (live) => {
  const all = () => document.querySelectorAll("[data-log]");
  const known = new WeakSet();
  const look = () => all().forEach((log) => (known.has(log) ? catchUp(log) : (known.add(log), bind(log, live))));
  live?.hear((message) => {
    if (message.opened) all().forEach((log) => (bind(log, live), catchUp(log)));
    if (message.log) all().forEach((log) => log.dataset.log === message.log && catchUp(log));
  });
  document.body.addEventListener("htmx:afterSwap", look);
  look();
};
