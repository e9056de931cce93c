/** Numbers with units, as Grafana writes them. */

/** @param decimals as the panel sets them; undefined: as many as three digits need */
type Format = (value: number, decimals: number | undefined, now: number) => string;

/** Each size with its name; a value is written in the greatest that it reaches. */
type Scale = readonly (readonly [size: number, name: string])[];

/** Undefined decimals: three digits that count, and no zeros at the end. */
function digits(value: number, decimals: number | undefined): string {
  if (decimals !== undefined) return value.toFixed(decimals);
  return Math.abs(value) >= 1000 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}

function scaled(scale: Scale): Format {
  return (value, decimals) => {
    const fitting = scale.filter(([size]) => Math.abs(value) >= size * 0.9995).at(-1) ?? scale[0];
    const [size, name] =
      value === 0 || fitting === undefined ? (scale.find(([one]) => one === 1) ?? [1, '']) : fitting;
    return `${digits(value / size, decimals)}${name}`;
  };
}

const thousands = (unit: string): Scale => [
  [1, unit === '' ? '' : ` ${unit}`],
  [1e3, ` K${unit}`],
  [1e6, unit === '' ? ' Mil' : ` M${unit}`],
  [1e9, unit === '' ? ' Bil' : ` G${unit}`],
];

const seconds: Scale = [
  [1e-9, ' ns'],
  [1e-6, ' µs'],
  [1e-3, ' ms'],
  [1, ' s'],
  [60, ' min'],
  [3600, ' h'],
  [86_400, ' d'],
  [604_800, ' weeks'],
];

const bytes: Scale = [
  [1, ' B'],
  [1024, ' KiB'],
  [1024 ** 2, ' MiB'],
  [1024 ** 3, ' GiB'],
  [1024 ** 4, ' TiB'],
];

const bytesPerSecond: Scale = [
  [1, ' B/s'],
  [1e3, ' kB/s'],
  [1e6, ' MB/s'],
  [1e9, ' GB/s'],
];

/** Milliseconds since 1970 as how long ago that is. */
function fromNow(value: number, _decimals: number | undefined, now: number): string {
  const ago = (now - value) / 1000;
  const text = scaled(seconds.slice(3))(Math.round(Math.abs(ago)), Math.abs(ago) >= 60 ? 0 : undefined, now);
  return ago < 0 ? `in ${text}` : `${text} ago`;
}

/** Formats by the names that Grafana has for them. */
const formats: Readonly<Record<string, Format>> = {
  none: digits,
  short: scaled(thousands('')),
  percentunit: (value, decimals) => `${digits(value * 100, decimals)} %`,
  s: scaled(seconds),
  bytes: scaled(bytes),
  Bps: scaled(bytesPerSecond),
  reqps: scaled(thousands('req/s')),
  ops: scaled(thousands('ops/s')),
  cps: scaled(thousands('c/s')),
  bool_yes_no: (value) => (value === 0 ? 'No' : 'Yes'),
  dateTimeFromNow: fromNow,
};

/** The units that can be shown; others are refused by name. */
export const knownUnits: readonly string[] = Object.keys(formats);

/**
 * A value for people. One that is no number is a dash.
 * @param now what moments are before or after, in milliseconds since 1970
 */
export function formatValue(value: number, unit: string, decimals?: number, now = Date.now()): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? '–' : value > 0 ? '∞' : '−∞';
  return (formats[unit] ?? digits)(value, decimals, now).replace(/^-/, '−');
}
