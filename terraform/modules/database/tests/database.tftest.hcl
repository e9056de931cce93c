mock_provider "aws" {
  source = "../../mocks"
}

variables {
  name                   = "sightline-test"
  production             = true
  vpc_id                 = "vpc-0123456789abcdef0"
  subnet_ids             = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]
  client_security_groups = { nodes = "sg-0123456789abcdef0" }
  log_exports            = ["postgresql", "upgrade"]
  instance_class         = "db.m7g.large"
}

run "the_defaults_are_fit_for_production" {
  command = apply

  assert {
    condition     = aws_db_instance.this.multi_az && aws_db_instance.this.deletion_protection && aws_db_instance.this.backup_retention_period == 14
    error_message = "The database is not safe by default."
  }

  assert {
    condition     = aws_db_instance.this.storage_encrypted && aws_db_instance.this.kms_key_id == aws_kms_key.this.arn && aws_kms_key.this.enable_key_rotation
    error_message = "The storage is not encrypted by a key of its own that is rotated."
  }

  assert {
    condition     = !aws_db_instance.this.publicly_accessible && aws_db_instance.this.manage_master_user_password && aws_db_instance.this.storage_type == "gp3"
    error_message = "The database is public, has a password of its own, or another storage."
  }

  assert {
    condition     = !aws_db_instance.this.skip_final_snapshot && can(regex("^sightline-test-final-[0-9]{14}$", aws_db_instance.this.final_snapshot_identifier))
    error_message = "The last snapshot would be called ${aws_db_instance.this.final_snapshot_identifier}."
  }

  assert {
    condition     = length(aws_db_instance.replica) == 0 && output.replica_address == null
    error_message = "There is a replica that nobody asked for."
  }
}

run "connections_are_encrypted_and_come_from_the_named_groups_only" {
  command = apply

  assert {
    condition = anytrue([
      for each in aws_db_parameter_group.this.parameter :
      each.name == "rds.force_ssl" && each.value == "1" && each.apply_method == "pending-reboot"
    ])
    error_message = "PostgreSQL takes connections without TLS, or each plan would change rds.force_ssl (facts.yaml)."
  }

  assert {
    condition = length(aws_vpc_security_group_ingress_rule.clients) == 1 && alltrue([
      for rule in aws_vpc_security_group_ingress_rule.clients :
      rule.referenced_security_group_id == "sg-0123456789abcdef0" && rule.from_port == 5432 && rule.to_port == 5432
    ])
    error_message = "Somebody else may connect."
  }
}

run "slow_statements_are_logged_without_what_people_wrote" {
  command = apply

  variables {
    slow_statement_ms = 250
  }

  assert {
    condition = alltrue([
      for name, value in { log_min_duration_statement = "250", log_parameter_max_length = "0", log_parameter_max_length_on_error = "0", log_error_verbosity = "terse" } :
      anytrue([for each in aws_db_parameter_group.this.parameter : each.name == name && each.value == value])
    ])
    error_message = "The parameters are ${jsonencode(aws_db_parameter_group.this.parameter)}."
  }

  assert {
    condition = anytrue([
      for each in aws_db_parameter_group.this.parameter :
      each.name == "shared_preload_libraries" && each.value == "pg_stat_statements" && each.apply_method == "pending-reboot"
    ])
    error_message = "pg_stat_statements is not loaded."
  }
}

run "what_is_asked_for_flows_through" {
  command = apply

  variables {
    production            = false
    multi_az              = false
    deletion_protection   = false
    backup_retention_days = 1
    skip_final_snapshot   = true
    read_replica          = true
    iam_authentication    = true
    database_insights     = "advanced"
  }

  assert {
    condition     = !aws_db_instance.this.multi_az && !aws_db_instance.this.deletion_protection && aws_db_instance.this.backup_retention_period == 1
    error_message = "The small database is not small."
  }

  assert {
    condition     = aws_db_instance.this.iam_database_authentication_enabled && aws_db_instance.this.performance_insights_retention_period == 465
    error_message = "IAM authentication or the retention of Database Insights is not as asked for."
  }

  assert {
    condition     = aws_db_instance.replica[0].replicate_source_db == "sightline-test" && output.replica_identifier == "sightline-test-replica"
    error_message = "The replica does not copy the database."
  }
}

# What settings/ refuses is tested there; expect_failures can't name a variable of a module inside.

run "another_PostgreSQL_is_refused" {
  command = plan
  variables {
    engine_version = "17"
  }
  expect_failures = [var.engine_version]
}

run "a_class_that_is_none_is_refused" {
  command = plan
  variables {
    instance_class = "m7g.large"
  }
  expect_failures = [var.instance_class]
}

run "an_address_in_place_of_a_security_group_is_refused" {
  command = plan
  variables {
    client_security_groups = { everybody = "0.0.0.0/0" }
  }
  expect_failures = [var.client_security_groups]
}

run "a_name_that_RDS_does_not_take_is_refused" {
  command = plan
  variables {
    name = "sightline--test"
  }
  expect_failures = [var.name]
}
