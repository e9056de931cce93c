// Names of the recording rules, `level:metric:operation`, for alerts and dashboards.
{
  // Events, and good events, of the window.
  total(window):: 'slo:sli_events_total:increase' + window,
  good(window):: 'slo:sli_events_good:increase' + window,
  // How many times faster than allowed the error budget burns: 1 uses it up at the end of the SLO's window.
  burn(window):: 'slo:error_budget_burn:ratio' + window,
  // What is left of the error budget, 1 being all; below 0 it is overdrawn. Of a shorter history it is of that history.
  left(window):: 'slo:error_budget_left:ratio' + window,
}
