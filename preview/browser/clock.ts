/** Times for people, in their time zone, on a clock of 24 hours. */

const two = (number: number) => String(number).padStart(2, '0');

/** `14:03:07` */
export function clock(ms: number): string {
  const at = new Date(ms);
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

/** `2026-11-21 14:03:07` */
export function dateAndClock(ms: number): string {
  const at = new Date(ms);
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${clock(ms)}`;
}

/** The time at an axis's tick, as short as the distance of ticks in seconds allows. */
export function tick(ms: number, distance: number): string {
  const at = new Date(ms);
  if (distance >= 86_400) return `${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  const time = distance < 60 ? clock(ms) : `${two(at.getHours())}:${two(at.getMinutes())}`;
  return time === '00:00' ? `${two(at.getMonth() + 1)}-${two(at.getDate())}` : time;
}

/** `3 min`, `2 h 5 min`, of milliseconds. */
export function lasting(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60)
    return seconds % 60 === 0 || minutes > 9 ? `${minutes} min` : `${minutes} min ${seconds % 60} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}
