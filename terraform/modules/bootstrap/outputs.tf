output "bucket" {
  description = "The bucket, for backend.hcl."
  value       = aws_s3_bucket.state.bucket
}

output "kms_key_arn" {
  description = "The key of the bucket, for backend.hcl and module github-oidc."
  value       = aws_kms_key.state.arn
}
