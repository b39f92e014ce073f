// Copies what a button names, and says so by its picture for a moment.
const SHOWN_MS = 1500;

export const watchCopies = () => {
  document.addEventListener("click", async ({ target }) => {
    const button = target.closest("[data-copy]");
    if (!button) return;
    await navigator.clipboard.writeText(button.dataset.copy);
    const use = button.querySelector("use");
    const picture = use.getAttribute("href");
    if (button.hasAttribute("data-copied")) return;
    button.toggleAttribute("data-copied", true);
    use.setAttribute("href", picture.replace(/#.*/, "#tick"));
    setTimeout(() => {
      button.toggleAttribute("data-copied", false);
      use.setAttribute("href", picture);
    }, SHOWN_MS);
  });
};
