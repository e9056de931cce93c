mock_provider "aws" {
  source = "../../mocks"
}

variables {
  account_id   = "123456789012"
  cluster_name = "sightline-production"
}

run "the_defaults_make_the_addresses_of_the_overlay" {
  command = plan

  assert {
    condition     = output.overlay_inputs == { database_cidr = "10.2.48.0/20", public_cidr = "10.2.0.0/20" }
    error_message = "The overlay would get ${jsonencode(output.overlay_inputs)}."
  }

  assert {
    condition     = output.database.identifier == "sightline-production" && output.database.replica_identifier == null && output.plan_role == null
    error_message = "There is more than was asked for: ${jsonencode(output.database)}."
  }
}

run "a_workflow_of_the_environment_may_plan_when_its_repository_is_named" {
  command = plan

  variables {
    github = {
      owner         = "sightline-example"
      owner_id      = 1234567
      repository    = "sightline"
      repository_id = 987654321
      state_bucket  = "sightline-state-123456789012"
      state_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"
    }
  }

  assert {
    condition     = output.plan_role.subject == "repo:sightline-example@1234567/sightline@987654321:environment:production"
    error_message = "The role trusts ${output.plan_role.subject}."
  }
}

run "backups_have_a_bucket_when_it_is_named" {
  command = plan

  variables {
    backups = { bucket = "sightline-backups-production", pod_identities = true }
  }

  assert {
    condition     = keys(output.backups.role_arns) == ["backup", "backup-reader", "restore-drill"]
    error_message = "The roles are ${jsonencode(output.backups.role_arns)}."
  }
}

run "zones_of_another_region_are_refused" {
  command = plan
  variables {
    region = "eu-west-1"
  }
  expect_failures = [var.availability_zones]
}

run "an_account_that_is_none_is_refused" {
  command = plan
  variables {
    account_id = "sightline"
  }
  expect_failures = [var.account_id]
}
