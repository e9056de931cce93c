locals {
  name = "sightline-production"
}

module "network" {
  source = "../../modules/network"

  name                      = local.name
  cidr                      = var.cidr
  availability_zones        = var.availability_zones
  reserved_cidrs            = var.reserved_cidrs
  nat_per_availability_zone = var.nat_per_availability_zone
  interface_endpoints       = var.interface_endpoints
  cluster_name              = var.cluster_name
}

module "observability" {
  source = "../../modules/observability"

  name                   = local.name
  database_identifier    = local.name
  replica_identifier     = var.read_replica ? "${local.name}-replica" : null
  max_connections        = var.max_connections
  free_storage_alarm_gib = 3
  alarm_emails           = var.alarm_emails
}

module "database" {
  source = "../../modules/database"

  name                      = local.name
  production                = true
  vpc_id                    = module.network.vpc_id
  subnet_ids                = values(module.network.database_subnet_ids)
  client_security_groups    = var.client_security_groups
  log_exports               = module.observability.database_log_exports
  instance_class            = var.instance_class
  multi_az                  = var.multi_az
  read_replica              = var.read_replica
  deletion_protection       = var.deletion_protection
  backup_retention_days     = var.backup_retention_days
  allocated_storage_gib     = var.allocated_storage_gib
  max_allocated_storage_gib = var.max_allocated_storage_gib
  database_insights         = var.database_insights
  iam_authentication        = var.iam_authentication
  apply_immediately         = false
}

module "backups" {
  source = "../../modules/backups"
  count  = var.backups == null ? 0 : 1

  name         = local.name
  bucket       = var.backups.bucket
  lock_mode    = "COMPLIANCE"
  lock_days    = var.backups.lock_days
  keep_days    = var.backups.keep_days
  cluster_name = var.backups.pod_identities ? var.cluster_name : null
}

module "github_oidc" {
  source = "../../modules/github-oidc"
  count  = var.github == null ? 0 : 1

  name            = "${local.name}-plan"
  environment     = "production"
  owner           = var.github.owner
  owner_id        = var.github.owner_id
  repository      = var.github.repository
  repository_id   = var.github.repository_id
  create_provider = var.github.create_provider
  state_bucket    = var.github.state_bucket
  state_key       = "sightline/production.tfstate"
  state_key_arn   = var.github.state_key_arn
}
