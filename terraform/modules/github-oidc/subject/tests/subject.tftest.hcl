variables {
  owner         = "sightline-example"
  owner_id      = 1234567
  repository    = "sightline"
  repository_id = 987654321
  environment   = "production"
}

run "names_are_followed_by_their_numbers" {
  command = plan

  assert {
    condition     = output.subject == "repo:sightline-example@1234567/sightline@987654321:environment:production"
    error_message = "The subject is ${output.subject}."
  }
}

run "a_wildcard_for_the_repository_is_refused" {
  command = plan
  variables {
    repository = "*"
  }
  expect_failures = [var.repository]
}

run "a_repository_with_its_owner_is_refused" {
  command = plan
  variables {
    repository = "sightline-example/sightline"
  }
  expect_failures = [var.repository]
}

run "a_wildcard_for_the_environment_is_refused" {
  command = plan
  variables {
    environment = "*"
  }
  expect_failures = [var.environment]
}

run "an_owner_that_is_none_is_refused" {
  command = plan
  variables {
    owner = "sightline example"
  }
  expect_failures = [var.owner]
}

run "numbers_that_are_none_are_refused" {
  command = plan
  variables {
    owner_id      = 0
    repository_id = 1.5
  }
  expect_failures = [var.owner_id, var.repository_id]
}
