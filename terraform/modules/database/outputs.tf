output "identifier" {
  description = "What RDS calls the database."
  value       = aws_db_instance.this.identifier
}

output "address" {
  description = "The name to connect to, which its certificate has too."
  value       = aws_db_instance.this.address
}

output "port" {
  description = "The port that PostgreSQL listens on."
  value       = local.port
}

output "database_name" {
  description = "The database that was made at the start."
  value       = aws_db_instance.this.db_name
}

output "master_secret_arn" {
  description = "The secret of Secrets Manager that has the master user's password; null between a restore and the apply after it."
  value       = one(aws_db_instance.this.master_user_secret[*].secret_arn)
}

output "resource_id" {
  description = "What IAM policies call the database, for rds-db:connect."
  value       = aws_db_instance.this.resource_id
}

output "replica_address" {
  description = "The name of the read replica; null without one."
  value       = one(aws_db_instance.replica[*].address)
}

output "replica_identifier" {
  description = "What RDS calls the read replica; null without one."
  value       = one(aws_db_instance.replica[*].identifier)
}
