// Binds every module to the page. Each looks for its own data- attribute, and does nothing where there is none.
import { watchCopies } from "./copy.js";
import { sendToken } from "./csrf.js";
import { paintDurations } from "./durations.js";
import { keepLive } from "./live.js";
import { followLogs } from "./log.js";
import { keepWhatIsShown } from "./morph.js";
import { watchPanel } from "./panel.js";
import { watchScreens } from "./overlays.js";
import { paintTimes } from "./times.js";

const paint = () => {
  paintTimes();
  paintDurations();
};

const begin = () => {
  sendToken();
  keepWhatIsShown();
  watchCopies();
  watchPanel();
  watchScreens();
  paint();
  setInterval(paintDurations, 1000);
  setInterval(paintTimes, 20_000);
  document.body.addEventListener("htmx:afterSwap", paint);
  followLogs(keepLive());
};

begin();
