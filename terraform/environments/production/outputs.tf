output "overlay_inputs" {
  description = "What the overlay of Kubernetes has to know: make overlay-inputs writes it there."
  value       = module.environment.overlay_inputs
}

output "vpc_id" {
  description = "The VPC, for whoever makes the cluster."
  value       = module.environment.vpc_id
}

output "private_subnet_ids" {
  description = "By availability zone, the subnets of the cluster's nodes."
  value       = module.environment.private_subnet_ids
}

output "database" {
  description = "Where the database is: what goes into the secret sightline/database, but for user and password."
  value       = module.environment.database
}

output "master_secret_arn" {
  description = "The secret with the master user's password, which makes the service's user."
  value       = module.environment.master_secret_arn
}

output "alarm_topic_arn" {
  description = "Where alarms go, for a subscription other than mail."
  value       = module.environment.alarm_topic_arn
}

output "dashboard_name" {
  description = "What the dashboard is called in CloudWatch."
  value       = module.environment.dashboard_name
}

output "plan_role" {
  description = "The role of terraform plan in a workflow, and the subject that it trusts; null without one."
  value       = module.environment.plan_role
}

output "backups" {
  description = "The bucket of the service's own backups and, by service account, the roles that use it; null without one."
  value       = module.environment.backups
}
