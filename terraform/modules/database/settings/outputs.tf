output "values" {
  description = "The settings, every one of which was found fit."
  value = {
    multi_az                    = var.multi_az
    deletion_protection         = var.deletion_protection
    backup_retention_days       = var.backup_retention_days
    skip_final_snapshot         = var.skip_final_snapshot
    allocated_storage_gib       = var.allocated_storage_gib
    max_allocated_storage_gib   = var.max_allocated_storage_gib
    backup_window               = var.backup_window
    maintenance_window          = var.maintenance_window
    database_insights           = var.database_insights
    insights_retention_days     = local.insights_retention_days
    monitoring_interval_seconds = var.monitoring_interval_seconds
  }

  # What RDS takes: PreferredBackupWindow and PreferredMaintenanceWindow of
  # https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html
  precondition {
    condition     = local.backup_minutes >= 30
    error_message = "backup_window ${var.backup_window} has ${local.backup_minutes} minutes. RDS takes 30 or more, and less than a day."
  }

  precondition {
    condition     = local.maintenance_minutes >= 30 && local.maintenance_minutes < local.minutes_of_day
    error_message = "maintenance_window ${var.maintenance_window} has ${local.maintenance_minutes} minutes. RDS takes 30 or more, and less than 24 hours."
  }

  precondition {
    condition     = !local.windows_overlap
    error_message = "maintenance_window ${var.maintenance_window} overlaps backup_window ${var.backup_window}, which is every day's; RDS refuses that. Move one of them."
  }
}
