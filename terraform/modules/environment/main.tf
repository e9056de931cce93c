locals {
  name = "sightline-${var.environment}"
}

module "network" {
  source = "../network"

  name                      = local.name
  cidr                      = var.network.cidr
  availability_zones        = var.network.availability_zones
  reserved_cidrs            = var.network.reserved_cidrs
  nat_per_availability_zone = var.network.nat_per_availability_zone
  interface_endpoints       = var.network.interface_endpoints
  cluster_name              = var.cluster_name
}

module "observability" {
  source = "../observability"

  name                   = local.name
  database_identifier    = local.name
  replica_identifier     = var.database.read_replica ? "${local.name}-replica" : null
  max_connections        = var.database.max_connections
  free_storage_alarm_gib = var.database.free_storage_alarm_gib
  alarm_emails           = var.alarm_emails
}

module "database" {
  source = "../database"

  name                      = local.name
  production                = var.production
  vpc_id                    = module.network.vpc_id
  subnet_ids                = values(module.network.database_subnet_ids)
  client_security_groups    = var.database.client_security_groups
  log_exports               = module.observability.database_log_exports
  instance_class            = var.database.instance_class
  multi_az                  = var.database.multi_az
  read_replica              = var.database.read_replica
  deletion_protection       = var.database.deletion_protection
  backup_retention_days     = var.database.backup_retention_days
  allocated_storage_gib     = var.database.allocated_storage_gib
  max_allocated_storage_gib = var.database.max_allocated_storage_gib
  database_insights         = var.database.database_insights
  iam_authentication        = var.database.iam_authentication
  apply_immediately         = !var.production
}

module "backups" {
  source = "../backups"
  count  = var.backups == null ? 0 : 1

  name         = local.name
  bucket       = var.backups.bucket
  lock_mode    = var.production ? "COMPLIANCE" : "GOVERNANCE"
  lock_days    = var.backups.lock_days
  keep_days    = var.backups.keep_days
  cluster_name = var.backups.pod_identities ? var.cluster_name : null
}

module "github_oidc" {
  source = "../github-oidc"
  count  = var.github == null ? 0 : 1

  name            = "${local.name}-plan"
  environment     = var.environment
  owner           = var.github.owner
  owner_id        = var.github.owner_id
  repository      = var.github.repository
  repository_id   = var.github.repository_id
  create_provider = var.github.create_provider
  state_bucket    = var.github.state_bucket
  state_key       = "sightline/${var.environment}.tfstate"
  state_key_arn   = var.github.state_key_arn
}
