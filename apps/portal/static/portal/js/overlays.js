// Menus close by Escape and by a press elsewhere, a form over the page once it is served; what was said goes away by itself.
const SAID_MS = 6000;
let timer;

const closeMenus = (except) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(except)) menu.open = false;
  }
};

const letGo = () => {
  clearTimeout(timer);
  timer = setTimeout(() => document.querySelectorAll(".message:not([data-level=error])").forEach((each) => each.remove()), SAID_MS);
};

const closeServed = ({ detail }) => {
  const form = detail.requestConfig.elt;
  if (!detail.isError && form.matches("[popover]:popover-open")) form.hidePopover();
};

export const watchScreens = () => {
  document.addEventListener("click", ({ target }) => closeMenus(target));
  document.addEventListener("keydown", ({ key }) => key === "Escape" && closeMenus(null));
  document.body.addEventListener("htmx:beforeSwap", closeServed);
  document.body.addEventListener("htmx:afterSwap", letGo);
  letGo();
};
