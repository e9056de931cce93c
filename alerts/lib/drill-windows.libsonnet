// Windows in which a drill meets each alert within seconds to a few minutes, with a scrape and an evaluation every
// second. One linear scale can't do that: at 1/600 five minutes are no scrape, at 1/60 three days are over an hour. So
// the windows of the burn rates are listed, and everything else is scaled between two bounds.
{
  scale: 60,
  // `for`: long enough to be seen pending.
  minWait: '5s',
  // A window: with less than five scrapes one late scrape empties it.
  minWindow: '10s',
  max: '1m',

  evaluationInterval: '1s',
  shortestWindow: '10s',
  budgetWindow: '15m',
  longestRawWindow: '2m',
  burnRates: [
    { severity: 'page', long: '1m', short: '10s', factor: 14.4 },
    { severity: 'page', long: '2m', short: '15s', factor: 6 },
    { severity: 'ticket', long: '3m', short: '20s', factor: 3 },
    { severity: 'ticket', long: '5m', short: '30s', factor: 1 },
  ],
}
