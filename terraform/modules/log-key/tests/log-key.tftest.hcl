mock_provider "aws" {
  source = "../../mocks"
}

variables {
  name        = "sightline-test-flow-logs"
  description = "Flow logs"
  log_groups  = "/vpc/sightline-test/flow-logs"
}

run "the_key_is_rotated_and_for_the_named_log_groups_only" {
  command = apply

  assert {
    condition     = aws_kms_key.this.enable_key_rotation && output.arn == aws_kms_key.this.arn
    error_message = "The key is not rotated."
  }

  assert {
    condition = anytrue([
      for statement in data.aws_iam_policy_document.this.statement :
      anytrue([
        for each in statement.condition :
        contains(each.values, "arn:aws:logs:eu-central-1:123456789012:log-group:/vpc/sightline-test/flow-logs")
      ]) if statement.sid == "CloudWatchLogs"
    ])
    error_message = "Other log groups may use the key, or none."
  }

  assert {
    condition     = length(data.aws_iam_policy_document.this.statement) == 2
    error_message = "Somebody else may use the key."
  }
}

run "alarms_may_use_it_when_asked_for" {
  command = apply

  variables {
    for_alarms = true
  }

  assert {
    condition     = anytrue([for statement in data.aws_iam_policy_document.this.statement : statement.sid == "CloudWatchAlarms"])
    error_message = "Alarms to an encrypted topic would be lost."
  }
}

run "all_log_groups_at_once_are_refused" {
  command = plan
  variables {
    log_groups = "*"
  }
  expect_failures = [var.log_groups]
}
