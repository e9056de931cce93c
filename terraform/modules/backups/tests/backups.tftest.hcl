mock_provider "aws" {
  source = "../../mocks"
}

variables {
  name      = "sightline-staging"
  bucket    = "sightline-backups-staging"
  lock_mode = "GOVERNANCE"
}

# Plans only: what is protected from being destroyed could not be cleaned up after an apply.

run "what_is_written_stays_for_its_time_and_goes_by_itself" {
  command = plan

  assert {
    condition     = aws_s3_bucket.backups.object_lock_enabled && aws_s3_bucket_versioning.backups.versioning_configuration[0].status == "Enabled"
    error_message = "The bucket has no lock or no versions."
  }

  assert {
    condition     = aws_s3_bucket_object_lock_configuration.backups.rule[0].default_retention[0].mode == "GOVERNANCE" && aws_s3_bucket_object_lock_configuration.backups.rule[0].default_retention[0].days == 35
    error_message = "Nothing is locked by itself."
  }

  assert {
    condition     = length([for rule in aws_s3_bucket_lifecycle_configuration.backups.rule : rule if length(rule.expiration) > 0]) == 2
    error_message = "Nothing ever goes."
  }
}

run "nobody_who_uses_it_may_remove_anything" {
  command = plan

  assert {
    condition = alltrue([
      for document in data.aws_iam_policy_document.use : alltrue([
        for statement in document.statement : length(setintersection(statement.actions, ["s3:*", "s3:DeleteObject", "s3:DeleteObjectVersion", "s3:PutObjectRetention", "s3:BypassGovernanceRetention"])) == 0
      ])
    ])
    error_message = "A role may remove backups."
  }

  assert {
    condition     = length(data.aws_iam_policy_document.use["backup-reader"].statement) == 2
    error_message = "Who reads may write."
  }
}

run "pods_get_the_roles_once_there_is_a_cluster" {
  command = plan
  variables {
    cluster_name = "sightline-staging"
  }

  assert {
    condition     = keys(aws_eks_pod_identity_association.this) == ["backup", "backup-reader", "restore-drill"]
    error_message = "The roles are of ${join(", ", keys(aws_eks_pod_identity_association.this))}."
  }
}

run "backups_that_go_before_their_lock_ends_are_refused" {
  command = plan
  variables {
    keep_days = 20
  }
  expect_failures = [var.keep_days]
}

run "a_lock_of_a_day_is_refused" {
  command = plan
  variables {
    lock_days = 1
  }
  expect_failures = [var.lock_days]
}
