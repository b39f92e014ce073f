// Reads what came after the last whole line of a log. One request at a time for each log.
const reading = new Set();
const again = new Set();

const place = (log) => log.querySelector("[data-log-lines]");

const read = async (log) => {
  const answer = await fetch(`${log.dataset.logAddress}?start=${log.dataset.logEnd}`);
  if (!answer.ok || answer.redirected) return; // signed out: the next re-read says so
  const html = await answer.text();
  place(log).querySelector("[data-partial]")?.remove();
  place(log).insertAdjacentHTML("beforeend", html);
  log.dataset.logEnd = answer.headers.get("X-Log-End");
  log.dispatchEvent(new Event("log:grown"));
};

export const catchUp = async (log) => {
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

// A worker that takes over from one that crashed writes the log anew: then it is shorter than what is shown.
export const hearSize = (log, size) => {
  if (size < Number(log.dataset.logEnd)) {
    place(log).replaceChildren();
    log.dataset.logEnd = 0;
  }
  catchUp(log);
};
