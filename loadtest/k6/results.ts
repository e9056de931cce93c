import { asHtml, asJUnit, asText } from './formats.ts';
import { countedSeries } from './profile.ts';
import { outputDirectory, profileName, target, testId } from './settings.ts';
import { type RunData, summarise } from './summary.ts';

/** Returns what k6 prints and writes when a run has ended. */
export function handleSummary(data: RunData): Record<string, string> {
  const summary = summarise(data, { profile: profileName, testId, target }, countedSeries);
  const printed = { stdout: asText(summary) };
  if (outputDirectory === undefined) return printed;
  const file = (extension: string) => `${outputDirectory}/${profileName}.${extension}`;
  return {
    ...printed,
    [file('json')]: `${JSON.stringify(summary, null, 2)}\n`,
    [file('xml')]: asJUnit(summary),
    [file('html')]: asHtml(summary),
  };
}
