variables {
  production                  = true
  multi_az                    = true
  deletion_protection         = true
  backup_retention_days       = 14
  skip_final_snapshot         = false
  allocated_storage_gib       = 50
  max_allocated_storage_gib   = 200
  backup_window               = "02:00-03:00"
  maintenance_window          = "sun:03:30-sun:04:30"
  database_insights           = "advanced"
  monitoring_interval_seconds = 15
}

run "production_as_it_should_be_is_taken" {
  command = plan

  assert {
    condition     = output.values.multi_az && output.values.deletion_protection && !output.values.skip_final_snapshot
    error_message = "The settings are ${jsonencode(output.values)}."
  }

  assert {
    condition     = output.values.insights_retention_days == 465
    error_message = "Database Insights keeps ${output.values.insights_retention_days} days."
  }
}

run "staging_may_be_small_and_short_lived" {
  command = plan

  variables {
    production            = false
    multi_az              = false
    deletion_protection   = false
    backup_retention_days = 1
    skip_final_snapshot   = true
    database_insights     = "standard"
  }

  assert {
    condition     = !output.values.multi_az && output.values.backup_retention_days == 1 && output.values.insights_retention_days == 7
    error_message = "The settings are ${jsonencode(output.values)}."
  }
}

run "a_maintenance_window_over_the_end_of_the_week_is_taken" {
  command = plan

  variables {
    maintenance_window = "sun:23:30-mon:00:30"
  }

  assert {
    condition     = output.values.maintenance_window == "sun:23:30-mon:00:30"
    error_message = "The window is ${output.values.maintenance_window}."
  }
}

run "production_in_one_zone_is_refused" {
  command = plan
  variables {
    multi_az = false
  }
  expect_failures = [var.multi_az]
}

run "production_without_deletion_protection_is_refused" {
  command = plan
  variables {
    deletion_protection = false
  }
  expect_failures = [var.deletion_protection]
}

run "production_restorable_for_less_than_a_week_is_refused" {
  command = plan
  variables {
    backup_retention_days = 6
  }
  expect_failures = [var.backup_retention_days]
}

run "production_without_backups_is_refused" {
  command = plan
  variables {
    backup_retention_days = 0
  }
  expect_failures = [var.backup_retention_days]
}

run "staging_without_backups_is_refused" {
  command = plan
  variables {
    production            = false
    backup_retention_days = 0
  }
  expect_failures = [var.backup_retention_days]
}

run "more_days_than_RDS_keeps_are_refused" {
  command = plan
  variables {
    backup_retention_days = 36
  }
  expect_failures = [var.backup_retention_days]
}

run "production_without_a_final_snapshot_is_refused" {
  command = plan
  variables {
    skip_final_snapshot = true
  }
  expect_failures = [var.skip_final_snapshot]
}

run "less_storage_than_gp3_has_is_refused" {
  command = plan
  variables {
    allocated_storage_gib = 10
  }
  expect_failures = [var.allocated_storage_gib]
}

run "storage_that_has_no_room_to_grow_is_refused" {
  command = plan
  variables {
    max_allocated_storage_gib = 50
  }
  expect_failures = [var.max_allocated_storage_gib]
}

run "a_backup_window_that_is_none_is_refused" {
  command = plan
  variables {
    backup_window = "2:00-3:00"
  }
  expect_failures = [var.backup_window]
}

run "a_maintenance_window_without_a_day_is_refused" {
  command = plan
  variables {
    maintenance_window = "03:30-04:30"
  }
  expect_failures = [var.maintenance_window]
}

run "windows_that_overlap_are_refused" {
  command = plan
  variables {
    maintenance_window = "sun:02:30-sun:03:30"
  }
  expect_failures = [output.values]
}

run "windows_that_overlap_over_midnight_are_refused" {
  command = plan
  variables {
    backup_window      = "23:30-00:30"
    maintenance_window = "mon:00:00-mon:01:00"
  }
  expect_failures = [output.values]
}

run "a_maintenance_window_of_a_day_is_refused" {
  command = plan
  variables {
    maintenance_window = "sun:03:30-mon:03:30"
  }
  expect_failures = [output.values]
}

run "a_backup_window_that_is_too_short_is_refused" {
  command = plan
  variables {
    backup_window = "02:00-02:29"
  }
  expect_failures = [output.values]
}

run "an_unknown_mode_of_database_insights_is_refused" {
  command = plan
  variables {
    database_insights = "full"
  }
  expect_failures = [var.database_insights]
}

run "an_interval_that_enhanced_monitoring_does_not_know_is_refused" {
  command = plan
  variables {
    monitoring_interval_seconds = 20
  }
  expect_failures = [var.monitoring_interval_seconds]
}
