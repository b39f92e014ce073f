// Reads the live region again: several wishes within 150 ms become one request, and a hidden tab waits until seen.
const TOGETHER_MS = 150;
let timer;

const ask = () => {
  timer = undefined;
  if (document.hidden) return document.addEventListener("visibilitychange", reread, { once: true });
  htmx.trigger("#live", "live:changed");
};

export const reread = () => {
  timer ??= setTimeout(ask, TOGETHER_MS);
};
