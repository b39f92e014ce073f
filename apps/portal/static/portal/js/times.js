// Times are said relative to now, with the whole time in the reader's zone on hover; moments to come by the clock there.
const UNITS = [
  ["year", 31_557_600],
  ["month", 2_629_800],
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
];
const JUST_NOW_SECONDS = 45;
const language = document.documentElement.lang;
const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "short" });
const absolute = new Intl.DateTimeFormat(language, { dateStyle: "full", timeStyle: "long" });

const say = (at) => {
  const seconds = (at - Date.now()) / 1000;
  if (Math.abs(seconds) < JUST_NOW_SECONDS) return relative.format(0, "second");
  const [unit, size] = UNITS.find(([, length]) => Math.abs(seconds) >= length) ?? UNITS.at(-1);
  return relative.format(Math.round(seconds / size), unit);
};

const moment = new Intl.DateTimeFormat(language, {
  weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", timeZoneName: "short",
});

export const paintTimes = () => {
  for (const time of document.querySelectorAll("[data-time]")) {
    const at = new Date(time.dateTime);
    const text = say(at);
    if (time.textContent !== text) time.textContent = text;
    time.title ||= absolute.format(at);
  }
  for (const time of document.querySelectorAll("[data-moment]")) {
    const text = moment.format(new Date(time.dateTime));
    if (time.textContent !== text) time.textContent = text;
  }
};
