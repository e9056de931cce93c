output "bucket" {
  description = "The bucket, for the overlay's BACKUP_DESTINATION."
  value       = aws_s3_bucket.backups.bucket
}

output "role_arns" {
  description = "By service account, the role of its pods."
  value       = { for account, role in aws_iam_role.this : account => role.arn }
}
