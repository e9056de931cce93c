/** How far clocks are trusted: those of two machines differ, and one of them may be wrong by years. */

/**
 * How far ahead a date may lie, in seconds. A date beyond it is a fault: it is not the newest, it is not
 * fresh, and somebody is told. Machines that keep their time by NTP differ by less than a second.
 */
export const clockToleranceSeconds = 300;

/**
 * Whether a time lies in the future. One that is no time does.
 * @param time in milliseconds since 1970
 * @param now in milliseconds since 1970
 */
export const isAhead = (time: number, now: number): boolean => !(time - now <= clockToleranceSeconds * 1000);
