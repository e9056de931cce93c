// A dashboard with what every one has: variables, the links between them, deployments drawn as annotations.
local alertSeries = import '../../alerts/lib/series.libsonnet';
local signals = import '../../alerts/lib/signals.libsonnet';
local g = import 'g.libsonnet';
local layout = import 'layout.libsonnet';

local m = signals.metrics;

function(config) {
  local datasource = {
    name: 'datasource',
    label: 'Data source',
    description: 'Which Prometheus is asked.',
    type: 'datasource',
    query: 'prometheus',
    regex: '',
    refresh: 1,
    multi: false,
    includeAll: false,
    current: { text: config.datasource.name, value: config.datasource.uid, selected: true },
    hide: 0,
  },
  local query(name, label, description, definition, more) = {
    name: name,
    label: label,
    description: description,
    type: 'query',
    datasource: { type: 'prometheus', uid: '${datasource}' },
    query: { query: definition, refId: 'variable-%s' % name },
    regex: '',
    sort: 1,
    // What there is changes with the time that is shown.
    refresh: 2,
    multi: true,
    hide: 0,
  } + more,
  local all = { includeAll: true, allValue: '.+', current: { text: 'All', value: '$__all', selected: true } },

  variables:: {
    job: query('job', 'Service', 'Which service: the job that Prometheus collects it under.', 'label_values(%s, job)' % m.build_info.name, {
      multi: false,
      includeAll: false,
      current: { text: config.serviceName, value: config.serviceName, selected: true },
    }),
    instance: query('instance', 'Instance', 'Which processes of the service.', 'label_values(%s, instance)' % alertSeries(m.build_info, ['job="$job"']), all),
    route: query('route', 'Route', 'Which routes, as templates.', 'label_values(%s, route)' % alertSeries(m.http_requests_total, ['job="$job"', 'instance=~"$instance"']), all),
    testid: query('testid', 'Test run', 'Which run of k6, by its tag testid.', 'label_values(%s, testid)' % signals.foreignMetrics.k6_vus.name, all),
  },

  // When which version came up first: where its own start time says, not where the graph's next point is.
  local deployments = {
    name: 'Deployments',
    datasource: { type: 'prometheus', uid: '${datasource}' },
    enable: true,
    hide: false,
    iconColor: 'blue',
    target: {
      refId: 'deployments',
      expr: '1000 * min by (job, version, revision) (%s * on (job, instance) group_left (version, revision) %s)' % [
        alertSeries(m.process_start_time_seconds, ['job="$job"']),
        alertSeries(m.build_info, ['job="$job"']),
      ],
    },
    titleFormat: 'Deployment of {{job}}',
    textFormat: '{{version}} ({{revision}})',
    tagKeys: 'job,version',
    useValueForTime: true,
  },
  local ownAnnotations = {
    builtIn: 1,
    name: 'Annotations & Alerts',
    type: 'dashboard',
    datasource: { type: 'grafana', uid: '-- Grafana --' },
    enable: true,
    hide: true,
    iconColor: 'rgba(0, 211, 255, 1)',
  },

  // `variables` are names of those above; `sections` are of layout.libsonnet.
  new(uid, title, description, variables, sections)::
    g.dashboard.new(title)
    + g.dashboard.withUid(uid)
    + g.dashboard.withDescription(description)
    + g.dashboard.withTags([config.tag])
    + g.dashboard.withTimezone('browser')
    + g.dashboard.withRefresh(config.refresh)
    + g.dashboard.withEditable(false)
    + g.dashboard.time.withFrom(config.range)
    + g.dashboard.time.withTo('now')
    + g.dashboard.graphTooltip.withSharedCrosshair()
    + g.dashboard.withVariables([datasource] + [$.variables[name] for name in variables])
    + g.dashboard.withAnnotations([ownAnnotations] + (if std.member(variables, 'job') then [deployments] else []))
    + g.dashboard.withLinks([{
      title: 'Dashboards',
      type: 'dashboards',
      tags: [config.tag],
      asDropdown: true,
      icon: 'external link',
      includeVars: true,
      keepTime: true,
      targetBlank: false,
      tooltip: 'The other dashboards of Sightline, over the same time',
      url: '',
    }])
    + g.dashboard.withPanels(layout.place(sections), setPanelIDs=false),
}
