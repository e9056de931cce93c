# Prometheus watches the service; these watch what it can't see: the machine and the disk below PostgreSQL. gp3 has no
# BurstBalance: what runs out is what the machine may do to its disk, EBSIOBalance% and EBSByteBalance%.
locals {
  gib = 1024 * 1024 * 1024

  # How often RDS reports a metric, in seconds, where not each minute (facts.yaml). A shorter period has empty minutes, of which
  # an alarm that takes silence for health never gets enough at once.
  reported_every = { "EBSIOBalance%" = 300, "EBSByteBalance%" = 300 }

  database_alarms = {
    cpu = {
      metric = "CPUUtilization", above = true, threshold = 80, minutes = 15, statistic = "Average"
      says   = "The database's CPU is over 80 % busy for 15 minutes, or the database is gone: it reports nothing."
      silent = "breaching"
    }
    free-storage = {
      metric = "FreeStorageSpace", above = false, threshold = var.free_storage_alarm_gib * local.gib, minutes = 5, statistic = "Minimum"
      says   = "Less than ${var.free_storage_alarm_gib} GiB of the database's storage are free: it does not grow any more. Raise max_allocated_storage_gib."
      silent = "missing"
    }
    connections = {
      metric = "DatabaseConnections", above = true, threshold = floor(0.8 * var.max_connections), minutes = 5, statistic = "Maximum"
      says   = "Over four fifths of the ${var.max_connections} connections that the database takes are used."
      silent = "missing"
    }
    free-memory = {
      metric = "FreeableMemory", above = false, threshold = 256 * 1024 * 1024, minutes = 15, statistic = "Average"
      says   = "The database has less than 256 MiB of memory left for 15 minutes."
      silent = "missing"
    }
    io-balance = {
      metric = "EBSIOBalance%", above = false, threshold = 20, minutes = 15, statistic = "Minimum"
      says   = "Of the disk operations that the database's machine has in reserve, less than 20 % are left. At 0 it slows down to its baseline."
      # Machines that need no reserve don't report it.
      silent = "notBreaching"
    }
    byte-balance = {
      metric = "EBSByteBalance%", above = false, threshold = 20, minutes = 15, statistic = "Minimum"
      says   = "Of the disk throughput that the database's machine has in reserve, less than 20 % is left. At 0 it slows down to its baseline."
      silent = "notBreaching"
    }
  }

  replica_alarms = var.replica_identifier == null ? {} : {
    replica-lag = {
      metric = "ReplicaLag", above = true, threshold = 30, minutes = 5, statistic = "Average"
      says   = "The read replica is more than 30 seconds behind, or gone: it reports nothing."
      silent = "breaching"
    }
  }

  alarms = {
    for name, alarm in merge(
      { for name, alarm in local.database_alarms : name => merge(alarm, { instance = var.database_identifier }) },
      { for name, alarm in local.replica_alarms : name => merge(alarm, { instance = var.replica_identifier }) },
    ) : name => merge(alarm, { period = lookup(local.reported_every, alarm.metric, 60) })
  }
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.says
  namespace           = "AWS/RDS"
  metric_name         = each.value.metric
  dimensions          = { DBInstanceIdentifier = each.value.instance }
  statistic           = each.value.statistic
  period              = each.value.period
  evaluation_periods  = each.value.minutes * 60 / each.value.period
  comparison_operator = each.value.above ? "GreaterThanThreshold" : "LessThanThreshold"
  threshold           = each.value.threshold
  treat_missing_data  = each.value.silent
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}
