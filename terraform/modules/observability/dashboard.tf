# A panel for each alarm, with its threshold, and two of what an alarm makes one ask next.
locals {
  panels = concat(
    [
      for name, alarm in local.alarms : {
        title     = alarm.metric
        statistic = alarm.statistic
        period    = alarm.period
        threshold = [{ label = "${var.name}-${name}", value = alarm.threshold }]
        metrics   = [["AWS/RDS", alarm.metric, "DBInstanceIdentifier", alarm.instance]]
      }
    ],
    [
      for title, metrics in {
        "Disk operations per second" = ["ReadIOPS", "WriteIOPS"]
        "Disk latency in seconds"    = ["ReadLatency", "WriteLatency"]
        } : {
        title     = title
        statistic = "Average"
        period    = 60
        threshold = []
        metrics   = [for metric in metrics : ["AWS/RDS", metric, "DBInstanceIdentifier", var.database_identifier]]
      }
    ],
  )
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = var.name
  dashboard_body = jsonencode({
    widgets = [
      for index, panel in local.panels : {
        type   = "metric"
        x      = 12 * (index % 2)
        y      = 6 * floor(index / 2)
        width  = 12
        height = 6
        properties = {
          title       = panel.title
          region      = local.region
          view        = "timeSeries"
          stat        = panel.statistic
          period      = panel.period
          metrics     = panel.metrics
          annotations = { horizontal = panel.threshold }
        }
      }
    ]
  })
}
