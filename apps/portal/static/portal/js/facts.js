// Small facts are put in place at once: the state of the action or stage that a message names, with its badge.
// Everything else on the page follows when it is re-read.
export const statusKey = ({ state, performer }) =>
  state === "InProgress" && performer === "person" ? "Approval" : state;

export const badgeOf = (key) => document.querySelector(`template[data-status="${key}"]`)?.content.querySelector("[data-badge]");

const isMeant = (place, { stage, action, kind }) =>
  place.dataset.stage === stage && (kind.startsWith("Action") ? place.dataset.action === action : !place.dataset.action);

export const putInPlace = (message) => {
  const badge = badgeOf(statusKey(message));
  if (!badge || !message.stage || message.kind.startsWith("Execution")) return;
  for (const pipeline of document.querySelectorAll("[data-pipeline]")) {
    if (pipeline.dataset.pipeline !== message.pipeline) continue;
    for (const place of pipeline.querySelectorAll("[data-stage]")) {
      if (isMeant(place, message)) show(place, badge, message);
    }
  }
};

const show = (place, badge, { state, sequence }) => {
  place.dataset.state = state;
  place.dataset.told = sequence;
  const shown = [...place.querySelectorAll("[data-badge]")].find((each) => each.closest("[data-stage]") === place);
  if (!shown) return;
  const fresh = badge.cloneNode(true);
  fresh.lastElementChild.className = shown.lastElementChild.className; // the word may be for screen readers only
  shown.replaceWith(fresh);
};
