mock_provider "aws" {
  source = "../../mocks"
}

variables {
  name                   = "sightline-test"
  database_identifier    = "sightline-test"
  max_connections        = 900
  free_storage_alarm_gib = 5
}

run "logs_have_an_end_and_a_key_of_their_own" {
  command = apply

  assert {
    condition = alltrue([
      for group in aws_cloudwatch_log_group.database : group.retention_in_days == 90 && group.kms_key_id == module.key.arn
    ])
    error_message = "A log is kept for ever, or without encryption."
  }

  assert {
    condition     = output.database_log_exports == ["postgresql", "upgrade"] && aws_sns_topic.alarms.kms_master_key_id == module.key.arn
    error_message = "The logs are ${join(", ", output.database_log_exports)}, or the topic is not encrypted by the key."
  }
}

run "each_alarm_tells_of_itself_and_of_its_end" {
  command = apply

  assert {
    condition     = toset(keys(aws_cloudwatch_metric_alarm.this)) == toset(["cpu", "free-storage", "connections", "free-memory", "io-balance", "byte-balance"])
    error_message = "The alarms are ${join(", ", keys(aws_cloudwatch_metric_alarm.this))}."
  }

  assert {
    condition = alltrue([
      for alarm in aws_cloudwatch_metric_alarm.this :
      alarm.alarm_actions == toset([aws_sns_topic.alarms.arn]) && alarm.ok_actions == toset([aws_sns_topic.alarms.arn])
    ])
    error_message = "An alarm goes nowhere."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["connections"].threshold == 720 && aws_cloudwatch_metric_alarm.this["free-storage"].threshold == 5368709120
    error_message = "A threshold is not what was asked for."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["io-balance"].metric_name == "EBSIOBalance%"
    error_message = "The disk's reserve is watched as ${aws_cloudwatch_metric_alarm.this["io-balance"].metric_name}."
  }

  assert {
    condition = alltrue([
      for name, alarm in aws_cloudwatch_metric_alarm.this :
      alarm.period == (endswith(name, "-balance") ? 300 : 60) && alarm.period * alarm.evaluation_periods == local.alarms[name].minutes * 60
    ])
    error_message = "An alarm looks more often than RDS reports, or not over its minutes."
  }
}

run "a_replica_has_logs_and_an_alarm_too" {
  command = apply

  variables {
    replica_identifier = "sightline-test-replica"
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["replica-lag"].dimensions.DBInstanceIdentifier == "sightline-test-replica"
    error_message = "The lag is that of ${aws_cloudwatch_metric_alarm.this["replica-lag"].dimensions.DBInstanceIdentifier}."
  }

  assert {
    condition     = length(aws_cloudwatch_log_group.replica) == 2
    error_message = "The replica has ${length(aws_cloudwatch_log_group.replica)} logs."
  }
}

run "the_dashboard_shows_what_has_an_alarm" {
  command = apply

  assert {
    condition = alltrue([
      for alarm in aws_cloudwatch_metric_alarm.this :
      contains([for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : widget.properties.title], alarm.metric_name)
    ])
    error_message = "An alarm has no panel."
  }
}

run "mail_goes_to_everybody_who_is_named" {
  command = apply

  variables {
    alarm_emails = ["on-call@sightline.example"]
  }

  assert {
    condition     = aws_sns_topic_subscription.alarms["on-call@sightline.example"].protocol == "email"
    error_message = "Nobody gets mail."
  }
}

run "a_retention_that_CloudWatch_does_not_know_is_refused" {
  command = plan
  variables {
    log_retention_days = 100
  }
  expect_failures = [var.log_retention_days]
}

run "an_address_that_is_none_is_refused" {
  command = plan
  variables {
    alarm_emails = ["on-call"]
  }
  expect_failures = [var.alarm_emails]
}

run "no_connections_are_refused" {
  command = plan
  variables {
    max_connections = 0
  }
  expect_failures = [var.max_connections]
}

run "no_free_storage_is_refused" {
  command = plan
  variables {
    free_storage_alarm_gib = 0
  }
  expect_failures = [var.free_storage_alarm_gib]
}
