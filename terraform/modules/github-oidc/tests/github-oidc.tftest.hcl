mock_provider "aws" {
  source = "../../mocks"
}

variables {
  name          = "sightline-production-plan"
  owner         = "sightline-example"
  owner_id      = 1234567
  repository    = "sightline"
  repository_id = 987654321
  environment   = "production"
  state_bucket  = "sightline-state-123456789012"
  state_key     = "sightline/production.tfstate"
  state_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"
}

run "one_repository_in_one_environment_is_trusted" {
  command = apply

  assert {
    condition = anytrue([
      for each in data.aws_iam_policy_document.trust.statement[0].condition :
      each.test == "StringEquals" && endswith(each.variable, ":sub") && each.values == tolist([output.subject])
    ])
    error_message = "The role trusts another subject than ${output.subject}."
  }

  assert {
    condition = anytrue([
      for each in data.aws_iam_policy_document.trust.statement[0].condition :
      endswith(each.variable, ":aud") && each.values == tolist(["sts.amazonaws.com"])
    ])
    error_message = "The role takes tokens that are for others."
  }
}

run "the_role_changes_nothing_but_its_lock" {
  command = apply

  assert {
    condition = alltrue(flatten([
      for statement in data.aws_iam_policy_document.plan.statement : [
        for action in statement.actions :
        can(regex(":(Describe|List|Get)|^kms:(Decrypt|GenerateDataKey)$", action)) || statement.sid == "TakeLock"
      ]
    ]))
    error_message = "The role may change something."
  }

  assert {
    condition = alltrue([
      for statement in data.aws_iam_policy_document.plan.statement :
      tolist(statement.resources) == tolist(["arn:aws:s3:::sightline-state-123456789012/sightline/production.tfstate.tflock"]) if statement.sid == "TakeLock"
    ])
    error_message = "The role may write something else than its lock."
  }
}

run "the_provider_of_another_stack_is_used_when_asked_for" {
  command = apply

  variables {
    create_provider = false
  }

  assert {
    condition     = length(aws_iam_openid_connect_provider.github) == 0
    error_message = "There would be two identity providers of GitHub."
  }
}

run "a_name_in_place_of_a_key_is_refused" {
  command = plan
  variables {
    state_key_arn = "alias/state"
  }
  expect_failures = [var.state_key_arn]
}
