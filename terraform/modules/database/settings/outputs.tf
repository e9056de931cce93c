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
}
