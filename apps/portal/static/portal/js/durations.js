// Durations tick from the server's start time. They are said as the server says them.
const say = (seconds) => {
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
  return `${Math.floor(seconds / 86_400)} d ${Math.floor((seconds % 86_400) / 3600)} h`;
};

export const paintDurations = () => {
  for (const duration of document.querySelectorAll("[data-since]")) {
    const seconds = Math.floor((Date.now() - Date.parse(duration.dataset.since)) / 1000);
    const text = say(Math.max(0, seconds));
    if (duration.textContent !== text) duration.textContent = text;
  }
};
