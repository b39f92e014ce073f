// The side panel takes the focus when it opens, closes by Escape, and gives the focus back to its tile.
const panel = () => document.querySelector("[data-panel]");

export const watchPanel = () => {
  let asked = null; // the tile whose panel was asked for
  let shown = panel()?.id;
  document.body.addEventListener("htmx:beforeRequest", ({ detail }) => {
    const { elt } = detail;
    if (elt.closest("[data-action]")) asked = elt.closest("[data-action]").id;
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
