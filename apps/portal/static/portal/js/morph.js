// What a re-read leaves alone: open folds, what is being written, times that are already said, logs, and states that
// a message told after the re-read was drawn.
let drawnAt = 0; // the number of the newest event that the answer knows

const isSame = (shown, fresh, name) => shown.hasAttribute(name) && shown.getAttribute(name) === fresh.getAttribute?.(name);

const isNewer = (place) => Number(place?.dataset.told) > drawnAt;

const isKept = (shown, fresh) =>
  shown instanceof Element &&
  (isSame(shown, fresh, "data-log") ||
    isSame(shown, fresh, "data-since") ||
    (shown.matches("[data-time]") && isSame(shown, fresh, "datetime")) ||
    (shown.matches("[data-badge]") && isNewer(shown.closest("[data-stage]"))) ||
    (shown.matches("input:not([type=hidden]), textarea") && isSame(shown, fresh, "name")));

const isLeft = (name, node) =>
  (name === "open" && node.matches("details")) || (["data-state", "data-told"].includes(name) && isNewer(node));

export const keepWhatIsShown = () => {
  const { callbacks } = Idiomorph.defaults;
  callbacks.beforeNodeMorphed = (shown, fresh) => !isKept(shown, fresh);
  callbacks.beforeAttributeUpdated = (name, node) => !isLeft(name, node);
  document.body.addEventListener("htmx:beforeSwap", ({ detail }) => {
    drawnAt = Number(/data-sequence="(\d+)"/.exec(detail.serverResponse)?.[1] ?? 0);
  });
};
