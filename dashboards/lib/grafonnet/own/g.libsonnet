// The functions of grafonnet that the dashboards use, with its call shape and its defaults. CI can build the same with
// grafonnet itself: jsonnetfile.json, compare-grafonnet.ts.
local at(path, value) = std.foldr(function(name, inner) { [name]+: inner }, path[:std.length(path) - 1], { [path[std.length(path) - 1]]: value });
// `options.legend.withDisplayMode(…)` is `setter(['options', 'legend', 'displayMode'])`.
local setter(path) = function(value) at(path, value);

local panel(type, own={}) = {
  new(title)::
    self.panelOptions.withTitle(title)
    + { type: type }
    // Until queryOptions.withDatasource says otherwise, as in grafonnet.
    + self.queryOptions.withDatasource('datasource', '-- Mixed --'),
  panelOptions:: {
    withTitle:: setter(['title']),
    withDescription:: setter(['description']),
    withLinks:: setter(['links']),
  },
  queryOptions:: {
    withDatasource(type, uid):: { datasource: { type: type, uid: uid } },
    withTargets:: setter(['targets']),
    withTransformations:: setter(['transformations']),
  },
  standardOptions:: {
    local defaults = ['fieldConfig', 'defaults'],
    withUnit:: setter(defaults + ['unit']),
    withMin:: setter(defaults + ['min']),
    withMax:: setter(defaults + ['max']),
    withDecimals:: setter(defaults + ['decimals']),
    withNoValue:: setter(defaults + ['noValue']),
    withMappings:: setter(defaults + ['mappings']),
    withLinks:: setter(defaults + ['links']),
    withOverrides:: setter(['fieldConfig', 'overrides']),
    color:: { withMode:: setter(defaults + ['color', 'mode']) },
    thresholds:: {
      withMode:: setter(defaults + ['thresholds', 'mode']),
      withSteps:: setter(defaults + ['thresholds', 'steps']),
    },
  },
  options:: {
    legend:: {
      withDisplayMode:: setter(['options', 'legend', 'displayMode']),
      withPlacement:: setter(['options', 'legend', 'placement']),
      withCalcs:: setter(['options', 'legend', 'calcs']),
      withShowLegend:: setter(['options', 'legend', 'showLegend']),
    },
    tooltip:: {
      withMode:: setter(['options', 'tooltip', 'mode']),
      withSort:: setter(['options', 'tooltip', 'sort']),
    },
    reduceOptions:: {
      withCalcs:: setter(['options', 'reduceOptions', 'calcs']),
      withFields:: setter(['options', 'reduceOptions', 'fields']),
      withValues:: setter(['options', 'reduceOptions', 'values']),
    },
  } + own,
};

{
  dashboard: {
    new(title)::
      { title: title, schemaVersion: 39, timezone: 'utc' }
      + self.time.withFrom('now-6h')
      + self.time.withTo('now'),
    withUid:: setter(['uid']),
    withDescription:: setter(['description']),
    withTags:: setter(['tags']),
    withTimezone:: setter(['timezone']),
    withRefresh:: setter(['refresh']),
    withEditable:: setter(['editable']),
    withLinks:: setter(['links']),
    withVariables(value):: { templating+: { list: value } },
    withAnnotations(value):: { annotations+: { list: value } },
    // grafonnet would number the panels by their order.
    withPanels(value, setPanelIDs=true):: assert !setPanelIDs : 'must provide ids of panels that last'; { panels: value },
    time:: { withFrom:: setter(['time', 'from']), withTo:: setter(['time', 'to']) },
    graphTooltip:: { withSharedCrosshair():: { graphTooltip: 1 } },
  },
  panel: {
    timeSeries: panel('timeseries'),
    stat: panel('stat', {
      withColorMode:: setter(['options', 'colorMode']),
      withGraphMode:: setter(['options', 'graphMode']),
      withTextMode:: setter(['options', 'textMode']),
    }),
    barGauge: panel('bargauge', {
      withDisplayMode:: setter(['options', 'displayMode']),
      withOrientation:: setter(['options', 'orientation']),
    }),
    heatmap: panel('heatmap'),
    stateTimeline: panel('state-timeline'),
    table: panel('table'),
    row: {
      new(title):: { title: title, type: 'row', collapsed: false, panels: [] },
    },
  },
  query: {
    prometheus: {
      new(datasource, expr):: { datasource: { type: 'prometheus', uid: datasource }, expr: expr },
      withRefId:: setter(['refId']),
      withLegendFormat:: setter(['legendFormat']),
      withFormat:: setter(['format']),
      withInstant:: setter(['instant']),
      withRange:: setter(['range']),
      withExemplar:: setter(['exemplar']),
    },
  },
}
