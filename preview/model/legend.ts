type Labels = Readonly<Record<string, string>>;

/** Name of a series: its legend with labels put in, else its labels as Prometheus writes them. */
export function nameOf(legend: string, labels: Labels): string {
  if (legend !== '' && legend !== '__auto')
    return legend.replaceAll(/\{\{\s*(\w+)\s*\}\}/g, (_, label: string) => labels[label] ?? '');
  const { __name__: metric = '', ...rest } = labels;
  const pairs = Object.entries(rest).map(([label, value]) => `${label}=${JSON.stringify(value)}`);
  return pairs.length === 0 && metric !== '' ? metric : `${metric}{${pairs.join(', ')}}`;
}
