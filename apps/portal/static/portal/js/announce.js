// Says outcomes of stages and executions to screen readers: at most one sentence in five seconds, the newest one.
import { badgeOf, statusKey } from "./facts.js";

const PAUSE_MS = 5000;
const OUTCOMES = new Set(["Succeeded", "Failed", "Stopped", "Abandoned", "Superseded", "Cancelled", "Approval"]);
let sentence = "";
let timer;

const say = () => {
  const place = document.querySelector("[data-announce]");
  timer = undefined;
  if (!sentence || !place) return;
  place.textContent = sentence;
  sentence = "";
  timer = setTimeout(say, PAUSE_MS);
};

export const announce = (message) => {
  const key = statusKey(message);
  const isSmall = message.kind.startsWith("Action") && key !== "Approval";
  if (isSmall || !OUTCOMES.has(key)) return;
  const subject = [message.pipeline, message.stage].filter(Boolean).join(", ");
  sentence = `${subject}: ${badgeOf(key)?.textContent.trim() ?? key}.`;
  timer ?? say();
};
