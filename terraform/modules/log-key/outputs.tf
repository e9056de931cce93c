output "arn" {
  description = "The key, for log groups and topics."
  value       = aws_kms_key.this.arn
}
