// What colours mean, the same on every graph: by the name of a series, which may come after what it is about, as in
// "password: success" and "webhook, failed". Names of no such meaning have whatever colour is next.
local names = {
  green: ['success', 'good', 'shipped', 'committed', '2xx', '2\\d\\d'],
  red: ['failure', 'failed', 'error', 'fatal', 'bad', 'dead_lettered', 'dropped', 'rolled back', 'deadlocks', '5xx', '5\\d\\d'],
  orange: ['refused', 'replayed', 'warn', '4xx', '4\\d\\d'],
  blue: ['info', '3xx', '3\\d\\d'],
};

[
  {
    matcher: { id: 'byRegexp', options: '/^(?:.*[:,] )?(?:%s)$/' % std.join('|', names[colour]) },
    properties: [{ id: 'color', value: { mode: 'fixed', fixedColor: colour } }],
  }
  for colour in std.objectFields(names)
]
