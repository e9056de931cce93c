/** Working hours as people write them and as Alertmanager takes them (`timeinterval` of its 0.28). */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Between two times of a day, on some days of the week. */
export interface WorkingHours {
  /** Days and ranges of them. */
  weekdays: readonly string[];
  start: string;
  end: string;
  location: string;
}

/** One or more sentences on what is wrong, and what to write instead. */
export class WorkingHoursError extends Error {}

/** Alertmanager's week begins on Sunday. */
const week = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];

/**
 * Reads days, hours and a time zone, as in `monday:friday 09:00-17:00 Europe/Berlin`; of days there may be several, by
 * commas. Hours are within a day. @throws WorkingHoursError
 */
export function readWorkingHours(text: string): WorkingHours {
  const parts = /^([^ ]+) ([^ ]+)-([^ ]+) ([^ ]+)$/.exec(text);
  if (parts === null)
    throw new WorkingHoursError('Write three parts with one blank between them: days, hours, time zone.');
  const [, days = '', start = '', end = '', location = ''] = parts;
  const weekdays = days.split(',');
  const problems = [...weekdays.flatMap(wrongDays), ...wrongHours(start, end), ...wrongTimeZone(location)];
  if (problems.length > 0) throw new WorkingHoursError(problems.join(' '));
  return { weekdays, start, end, location };
}

function wrongDays(range: string): readonly string[] {
  const days = range.split(':');
  const unknown = days.filter((day) => !week.includes(day));
  if (unknown.length > 0 || days.length > 2)
    return [`"${range}" is neither a day nor two with a colon between them: ${week.join(', ')}.`];
  const [first = '', last = first] = days;
  return week.indexOf(first) <= week.indexOf(last)
    ? []
    : [`"${range}" goes over the end of the week, which begins on Sunday: write ${split(first, last)}.`];
}

/** The same days as ranges within a week. */
function split(first: string, last: string): string {
  const range = (from: string, to: string) => (from === to ? from : `${from}:${to}`);
  return `${range(first, 'saturday')},${range('sunday', last)}`;
}

function wrongHours(start: string, end: string): readonly string[] {
  const time = /^(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)$/;
  const wrong = [start, end].filter((text) => !time.test(text));
  if (wrong.length > 0)
    return [
      `No time of day: "${wrong.join('", "')}"; write hours and minutes of two digits, 00:00 to 24:00.`,
    ];
  // As text, times of one day compare as times do.
  return start < end
    ? []
    : [`${start}-${end} does not end after it begins; hours over midnight are not taken.`];
}

function wrongTimeZone(name: string): readonly string[] {
  const known = spelling(name);
  if (known === name) return [];
  return known === undefined
    ? [`"${name}" is no time zone that this system has: write one by its name, as in Europe/Berlin.`]
    : [`"${name}" is no time zone: write ${known}.`];
}

/** Where Alertmanager looks a time zone up, by its exact name. */
const database = '/usr/share/zoneinfo';

/** How a time zone's name is spelt; undefined: there is none of that name. */
function spelling(name: string): string | undefined {
  // Which also knows what else is in that folder and no time zone.
  if (!isTimeZone(name)) return undefined;
  if (!existsSync(database))
    return ['UTC', ...Intl.supportedValuesOf('timeZone')].find((zone) => isSame(zone, name));
  let found: string | undefined = '';
  for (const part of name.split('/')) found = found === undefined ? undefined : entryOf(found, part);
  return found;
}

/** The entry of a folder of the database that a name stands for, by its path from there. */
function entryOf(folder: string, name: string): string | undefined {
  const entries = readdirSync(join(database, folder));
  const entry = entries.includes(name) ? name : entries.find((candidate) => isSame(candidate, name));
  return entry === undefined ? undefined : join(folder, entry);
}

const isSame = (one: string, other: string) => one.toLowerCase() === other.toLowerCase();

/**
 * Whether this is a time zone's name. Names begin with letters: Intl also takes what is so many hours from
 * UTC (`+01:00`).
 */
function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return /^[a-z]/i.test(name);
  } catch {
    return false;
  }
}
