// The side panel takes the focus when it opens, closes by Escape, and gives the focus back to its action or rule.
const panel = () => document.querySelector("[data-panel]");

export const watchPanel = () => {
  let asked = null; // the action or rule whose panel was asked for
  let shown = panel()?.id;
  document.body.addEventListener("htmx:beforeRequest", ({ detail }) => {
    const line = detail.elt.closest("[data-action], [data-rule]");
    if (line) asked = line.id;
  });
  document.body.addEventListener("htmx:afterSwap", () => {
    const id = panel()?.id;
    if (id === shown) return;
    if (id && asked) panel().focus({ preventScroll: false });
    if (!id && asked) document.getElementById(asked)?.querySelector("a")?.focus();
    shown = id;
  });
  document.addEventListener("keydown", (event) => {
    const isFree = !event.target.closest("input, textarea, select, [popover]") && !document.querySelector(":popover-open");
    if (event.key === "Escape" && isFree) panel()?.querySelector("[data-close]")?.click();
  });
};
