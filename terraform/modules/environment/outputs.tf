output "overlay_inputs" {
  description = "What the overlay of Kubernetes has to know: make overlay-inputs writes it there."
  value = {
    database_cidr = module.network.database_cidr
    public_cidr   = module.network.public_cidr
  }
}

output "vpc_id" {
  description = "The VPC, for whoever makes the cluster."
  value       = module.network.vpc_id
}

output "private_subnet_ids" {
  description = "By availability zone, the subnets of the cluster's nodes."
  value       = module.network.private_subnet_ids
}

output "database" {
  description = "Where the database is: what goes into the secret sightline/database, but for user and password."
  value = {
    identifier         = module.database.identifier
    address            = module.database.address
    port               = module.database.port
    name               = module.database.database_name
    resource_id        = module.database.resource_id
    replica_identifier = module.database.replica_identifier
    replica_address    = module.database.replica_address
  }
}

output "master_secret_arn" {
  description = "The secret with the master user's password, which makes the service's user."
  value       = module.database.master_secret_arn
}

output "alarm_topic_arn" {
  description = "Where alarms go, for a subscription other than mail."
  value       = module.observability.alarm_topic_arn
}

output "dashboard_name" {
  description = "What the dashboard is called in CloudWatch."
  value       = module.observability.dashboard_name
}

output "plan_role" {
  description = "The role of terraform plan in a workflow, and the subject that it trusts; null without one."
  value       = var.github == null ? null : { arn = module.github_oidc[0].role_arn, subject = module.github_oidc[0].subject }
}

output "backups" {
  description = "The bucket of the service's own backups and, by service account, the roles that use it; null without one."
  value       = var.backups == null ? null : { bucket = module.backups[0].bucket, role_arns = module.backups[0].role_arns }
}
