module "environment" {
  source = "../../modules/environment"

  environment  = "production"
  production   = true
  cluster_name = var.cluster_name
  alarm_emails = var.alarm_emails
  backups      = var.backups
  github       = var.github

  network = {
    cidr                      = var.cidr
    availability_zones        = var.availability_zones
    reserved_cidrs            = var.reserved_cidrs
    nat_per_availability_zone = var.nat_per_availability_zone
    interface_endpoints       = var.interface_endpoints
  }

  database = {
    client_security_groups    = var.client_security_groups
    instance_class            = var.instance_class
    multi_az                  = var.multi_az
    read_replica              = var.read_replica
    deletion_protection       = var.deletion_protection
    backup_retention_days     = var.backup_retention_days
    allocated_storage_gib     = var.allocated_storage_gib
    max_allocated_storage_gib = var.max_allocated_storage_gib
    database_insights         = var.database_insights
    iam_authentication        = var.iam_authentication
    max_connections           = var.max_connections
    free_storage_alarm_gib    = 3
  }
}

# An environment that was applied before this module has these beside it: without these blocks, its database would be made anew.
moved {
  from = module.network
  to   = module.environment.module.network
}

moved {
  from = module.observability
  to   = module.environment.module.observability
}

moved {
  from = module.database
  to   = module.environment.module.database
}

moved {
  from = module.backups
  to   = module.environment.module.backups
}

moved {
  from = module.github_oidc
  to   = module.environment.module.github_oidc
}
