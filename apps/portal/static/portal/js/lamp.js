// Live, Reconnecting with seconds, or Paused.
let ticking;

export const showLamp = (state, until = 0) => {
  const lamp = document.querySelector("[data-lamp]");
  if (!lamp) return;
  clearInterval(ticking);
  lamp.hidden = false;
  lamp.dataset.lamp = state;
  const seconds = lamp.querySelector("[data-lamp-seconds]");
  const count = () => {
    const left = Math.ceil((until - Date.now()) / 1000);
    seconds.textContent = left > 0 ? `${left} s` : "";
  };
  count();
  if (state === "reconnecting") ticking = setInterval(count, 500);
};
