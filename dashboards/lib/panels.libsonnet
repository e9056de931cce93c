// The kinds of panels, in the style of the house. Each takes `about`: title, `key` (the title, where it is missing),
// description (what good looks like, what to do when it isn't, what is not counted), unit, and `empty`, what the panel
// says when there is no data.
local g = import 'g.libsonnet';
local meanings = import 'meanings.libsonnet';

// The same for the same key, whatever comes before it on the dashboard, and short enough for a number of JavaScript. A panel
// whose title changes gets its old title as `key`, so that its id stays, and with it what links to it.
local idOf(key) = std.parseHex(std.substr(std.md5(key), 0, 7)) + 1;

local common(kind, about, targets) =
  kind.new(about.title)
  + { id: idOf(std.get(about, 'key', about.title)) }
  + kind.panelOptions.withDescription(about.description)
  + kind.panelOptions.withLinks(std.get(about, 'links', []))
  + kind.queryOptions.withDatasource('prometheus', '${datasource}')
  + kind.queryOptions.withTargets([
    targets[index] + g.query.prometheus.withRefId(std.char(std.codepoint('A') + index))
    for index in std.range(0, std.length(targets) - 1)
  ])
  + kind.standardOptions.withUnit(about.unit)
  + kind.standardOptions.withNoValue(about.empty)
  + kind.standardOptions.withMappings(std.get(about, 'mappings', []))
  + kind.standardOptions.withLinks(std.get(about, 'dataLinks', []))
  + kind.standardOptions.thresholds.withMode('absolute')
  + kind.standardOptions.thresholds.withSteps(std.get(about, 'steps', [{ color: 'green', value: null }]))
  + kind.standardOptions.withOverrides(std.get(about, 'overrides', []))
  + (if std.get(about, 'min') != null then kind.standardOptions.withMin(about.min) else {})
  + (if std.objectHas(about, 'max') then kind.standardOptions.withMax(about.max) else {})
  + (if std.objectHas(about, 'decimals') then kind.standardOptions.withDecimals(about.decimals) else {});

local reduced(kind) =
  kind.options.reduceOptions.withCalcs(['lastNotNull'])
  + kind.options.reduceOptions.withFields('')
  + kind.options.reduceOptions.withValues(false);

{
  idOf:: idOf,

  // Green up to `bad`, red from there; or the other way round; or with a warning between.
  redAbove(bad, warning=null)::
    [{ color: 'green', value: null }]
    + (if warning == null then [] else [{ color: 'orange', value: warning }])
    + [{ color: 'red', value: bad }],
  redBelow(good, warning=null)::
    [{ color: 'red', value: null }]
    + (if warning == null then [{ color: 'green', value: good }] else [{ color: 'orange', value: good }, { color: 'green', value: warning }]),

  // A value's words and colour: `[['0', 'no', 'red'], ['1', 'yes', 'green']]`.
  mappings(words):: [{
    type: 'value',
    options: {
      [words[index][0]]: { text: words[index][1], color: words[index][2], index: index }
      for index in std.range(0, std.length(words) - 1)
    },
  }],

  // One value of now or of the shown range, with its past behind it where `about.graph` wants that.
  stat(about, expr)::
    local kind = g.panel.stat;
    common(kind, about, [$.instant(expr, std.get(about, 'legend', about.title))])
    + reduced(kind)
    + kind.options.withColorMode(if std.objectHas(about, 'steps') || std.objectHas(about, 'mappings') then 'background' else 'value')
    + kind.options.withGraphMode('none')
    + kind.options.withTextMode(std.get(about, 'textMode', 'value'))
    + { options+: { justifyMode: 'auto', orientation: 'auto', wideLayout: true, percentChangeColorMode: 'standard', showPercentChange: false } },

  // Lines over time; `about.stacked` for parts of a whole, from the axis upwards in the order of the queries: areas without
  // an edge, since the edge of a part that is 0 would be drawn on top of the others as if it were as many. `about.steps`
  // are drawn as dashed lines; `about.compact` is for where there is no room for a table of values under them.
  timeSeries(about, targets)::
    local kind = g.panel.timeSeries;
    common(kind, { min: 0, overrides: meanings } + about, targets)
    + kind.standardOptions.color.withMode('palette-classic')
    + kind.options.legend.withDisplayMode(if std.get(about, 'compact', false) then 'list' else 'table')
    + kind.options.legend.withPlacement('bottom')
    + kind.options.legend.withShowLegend(true)
    + kind.options.legend.withCalcs(['lastNotNull', 'max'])
    + kind.options.tooltip.withMode('multi')
    + kind.options.tooltip.withSort('desc')
    + {
      fieldConfig+: { defaults+: { custom+: {
        drawStyle: 'line',
        fillOpacity: if std.get(about, 'stacked', false) then 70 else 10,
        lineWidth: if std.get(about, 'stacked', false) then 0 else 1,
        showPoints: 'never',
        // A gap is a gap: a line across it would claim values that nobody saw.
        spanNulls: false,
        stacking: { mode: if std.get(about, 'stacked', false) then 'normal' else 'none', group: 'A' },
        thresholdsStyle: { mode: if std.objectHas(about, 'steps') then 'dashed' else 'off' },
      } } },
    },

  // How many events fell into which bucket, over time.
  heatmap(about, expr)::
    local kind = g.panel.heatmap;
    common(kind, about { unit: 'short' }, [
      $.graph(expr, '{{le}}')
      + g.query.prometheus.withFormat('heatmap')
      + g.query.prometheus.withExemplar(std.get(about, 'exemplars', false)),
    ])
    + {
      options+: {
        legend: { show: true },
        tooltip: { mode: 'single', yHistogram: true, showColorScale: true },
        calculate: false,
        cellGap: 1,
        color: { mode: 'scheme', scheme: 'Turbo', steps: 64, exponent: 0.5, fill: 'dark-orange', reverse: false, scale: 'exponential' },
        exemplars: { color: 'rgba(255,255,255,0.9)' },
        filterValues: { le: 0 },
        rowsFrame: { layout: 'auto' },
        showValue: 'never',
        yAxis: { axisPlacement: 'left', unit: about.unit },
        cellValues: { unit: std.get(about, 'cellUnit', 'cps') },
      },
    },

  // The greatest of many, each a bar.
  bars(about, expr, legend)::
    local kind = g.panel.barGauge;
    common(kind, { min: 0 } + about, [$.instant(expr, legend)])
    + reduced(kind)
    + kind.options.withDisplayMode('basic')
    + kind.options.withOrientation('horizontal')
    + {
      options+: {
        maxVizHeight: 24,
        minVizHeight: 12,
        minVizWidth: 8,
        namePlacement: 'left',
        showUnfilled: true,
        sizing: 'auto',
        valueMode: 'color',
        legend: { displayMode: 'hidden', placement: 'bottom', showLegend: false, calcs: [] },
      },
    },

  // States over time, each series a band.
  states(about, targets)::
    local kind = g.panel.stateTimeline;
    common(kind, about, targets)
    + kind.options.legend.withDisplayMode('list')
    + kind.options.legend.withPlacement('bottom')
    + kind.options.legend.withShowLegend(true)
    + kind.options.tooltip.withMode('single')
    + kind.options.tooltip.withSort('none')
    + {
      fieldConfig+: { defaults+: { custom+: { fillOpacity: 70, lineWidth: 0 } } },
      options+: { mergeValues: true, rowHeight: 0.9, showValue: 'auto', alignValue: 'left', legend+: { calcs: [] } },
    },

  // Rows of instant values. `columns` names them in order: { <label or 'Value #A'>: { title, unit?, steps?, links? } }.
  table(about, exprs, columns, sortBy)::
    local kind = g.panel.table;
    local override(column) = {
      matcher: { id: 'byName', options: column.title },
      properties:
        (if std.objectHas(column, 'unit') then [{ id: 'unit', value: column.unit }] else [])
        + (if std.objectHas(column, 'mappings') then [{ id: 'mappings', value: column.mappings }] else [])
        + (if std.objectHas(column, 'steps') then [
             { id: 'thresholds', value: { mode: 'absolute', steps: column.steps } },
             { id: 'custom.cellOptions', value: { type: 'color-text' } },
           ] else [])
        + (if std.objectHas(column, 'links') then [{ id: 'links', value: column.links }] else []),
    };
    common(
      kind,
      about { overrides: [override(column) for column in columns if std.length(std.objectFields(column)) > 2] },
      [$.instant(expr, '') + g.query.prometheus.withFormat('table') for expr in exprs]
    )
    + kind.queryOptions.withTransformations([
      { id: 'merge', options: {} },
      {
        id: 'filterFieldsByName',
        options: { include: { names: [column.from for column in columns] } },
      },
      {
        id: 'organize',
        options: {
          excludeByName: {},
          indexByName: { [columns[index].from]: index for index in std.range(0, std.length(columns) - 1) },
          renameByName: { [column.from]: column.title for column in columns },
        },
      },
    ])
    + { options+: { showHeader: true, cellHeight: 'sm', frameIndex: 0, sortBy: [{ displayName: sortBy, desc: true }] } },

  // Queries of a panel: over time, or at its end.
  graph(expr, legend)::
    g.query.prometheus.new('${datasource}', expr)
    + g.query.prometheus.withLegendFormat(legend)
    + g.query.prometheus.withRange(true)
    + g.query.prometheus.withInstant(false),
  instant(expr, legend)::
    g.query.prometheus.new('${datasource}', expr)
    + g.query.prometheus.withLegendFormat(legend)
    + g.query.prometheus.withRange(false)
    + g.query.prometheus.withInstant(true),
  // Parts of a whole by a label, those of faults first, so that they stand on the axis, where one sees how many they are.
  // `exprOf` makes the query of a matcher; `faults` is a regular expression of the label's values.
  faultsFirst(exprOf, label, faults, legend):: [
    $.graph(exprOf('%s%s"%s"' % [label, operator, faults]), legend)
    for operator in ['=~', '!~']
  ],
  // With the traces of single requests as dots.
  withExemplars(target):: target + g.query.prometheus.withExemplar(true),
}
