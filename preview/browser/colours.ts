/** The colours of the style sheet, for what is drawn by script. */
import type { Colour, Panel } from '../model/panel.ts';
import { fieldFor } from '../model/values.ts';

/**
 * Number of colours that the style sheet has for series: without green and red, which say that something is
 * well or is not.
 */
const seriesColours = 8;

/** The value of a custom property of the style sheet, `--text`. */
export const property = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** The custom property with a series's colour: what its name means everywhere, or the next of the palette. */
export function seriesVariable(panel: Panel, name: string, index: number): string {
  const { colour } = fieldFor(panel, name);
  return colour === undefined ? `--series-${(index % seriesColours) + 1}` : `--${colour}`;
}

export const cssColour = (colour: Colour | undefined): string =>
  colour === undefined || colour === 'text'
    ? 'var(--text)'
    : colour === 'transparent'
      ? 'transparent'
      : `var(--${colour})`;

/** From few to many, as in Grafana's scheme Turbo without its darkest end. */
const stops = [
  [70, 98, 215],
  [53, 171, 248],
  [26, 210, 182],
  [114, 220, 94],
  [200, 210, 52],
  [250, 170, 57],
  [246, 107, 25],
  [203, 42, 4],
] as const;

/** @param share from 0 to 1 */
export function scaleColour(share: number): string {
  const place = Math.min(Math.max(share, 0), 1) * (stops.length - 1);
  const low = Math.min(Math.floor(place), stops.length - 2);
  const [from, to] = [stops[low] ?? stops[0], stops[low + 1] ?? stops[0]];
  const mixed = from.map((channel, index) =>
    Math.round(channel + ((to[index] ?? channel) - channel) * (place - low)),
  );
  return `rgb(${mixed.join(' ')})`;
}
