// What a re-read leaves alone: open folds, what is being written, times that are already said, and logs.
const isSame = (shown, fresh, name) => shown.hasAttribute(name) && shown.getAttribute(name) === fresh.getAttribute?.(name);

const isKept = (shown, fresh) =>
  shown instanceof Element &&
  (isSame(shown, fresh, "data-log") ||
    isSame(shown, fresh, "data-since") ||
    (shown.matches("[data-time]") && isSame(shown, fresh, "datetime")) ||
    (shown.matches("input:not([type=hidden]), textarea") && isSame(shown, fresh, "name")));

export const keepWhatIsShown = () => {
  const { callbacks } = Idiomorph.defaults;
  callbacks.beforeNodeMorphed = (shown, fresh) => !isKept(shown, fresh);
  callbacks.beforeAttributeUpdated = (name, node) => !(name === "open" && node.matches("details"));
};
