/**
 * An RFC 3339 time in UTC, to the microsecond, in the spelling that the API shows: no zeros at the end of a fraction. Of a
 * finer one the rest is cut off. The fraction is dealt with as text: `Date` has milliseconds only.
 * @param time any time that `Date` can parse
 */
export function canonicalTime(time: string): string {
  const fraction = /\.(\d{1,6})/.exec(time)?.[1]?.replace(/0{1,6}$/, '') ?? '';
  const seconds = new Date(time.replace(/\.\d+/, '')).toISOString().slice(0, -'.000Z'.length);
  return `${seconds}${fraction && '.'}${fraction}Z`;
}
