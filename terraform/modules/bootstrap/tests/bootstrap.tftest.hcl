mock_provider "aws" {
  source = "../../mocks"
}

variables {
  bucket = "sightline-state-123456789012"
}

# Plans only: what is protected from being destroyed could not be cleaned up after an apply.

run "the_state_is_encrypted_versioned_and_private" {
  command = plan

  assert {
    condition     = aws_s3_bucket_versioning.state.versioning_configuration[0].status == "Enabled" && aws_kms_key.state.enable_key_rotation
    error_message = "The state has no versions, or its key is not rotated."
  }

  assert {
    condition = alltrue([
      aws_s3_bucket_public_access_block.state.block_public_acls,
      aws_s3_bucket_public_access_block.state.block_public_policy,
      aws_s3_bucket_public_access_block.state.ignore_public_acls,
      aws_s3_bucket_public_access_block.state.restrict_public_buckets,
    ])
    error_message = "The state could be made public."
  }

  assert {
    condition = alltrue([
      for rule in aws_s3_bucket_server_side_encryption_configuration.state.rule :
      rule.apply_server_side_encryption_by_default[0].sse_algorithm == "aws:kms"
    ])
    error_message = "The state is not encrypted by its key."
  }
}

run "a_name_that_S3_does_not_take_is_refused" {
  command = plan
  variables {
    bucket = "Sightline_State"
  }
  expect_failures = [var.bucket]
}

run "states_that_are_gone_in_a_day_are_refused" {
  command = plan
  variables {
    old_version_days = 1
  }
  expect_failures = [var.old_version_days]
}
