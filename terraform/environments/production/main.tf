module "environment" {
  source = "../../modules/environment"

  environment  = "production"
  production   = true
  cluster_name = var.cluster_name
  alarm_emails = var.alarm_emails
  backups      = var.backups
  github       = var.github

  network = {
    # The overlay of Kubernetes has parts of it: make overlay-inputs.
    cidr               = "10.2.0.0/16"
    availability_zones = var.availability_zones
    # That of staging, and the Services of the cluster.
    reserved_cidrs            = ["10.1.0.0/16", "172.20.0.0/16"]
    nat_per_availability_zone = true
    interface_endpoints       = ["secretsmanager"]
  }

  database = {
    client_security_groups    = var.client_security_groups
    instance_class            = "db.m7g.large"
    multi_az                  = true
    read_replica              = var.read_replica
    deletion_protection       = var.deletion_protection
    backup_retention_days     = 14
    allocated_storage_gib     = 50
    max_allocated_storage_gib = 500
    database_insights         = var.database_insights
    iam_authentication        = var.iam_authentication
    max_connections           = 900
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
