output "role_arn" {
  description = "What a workflow gives to aws-actions/configure-aws-credentials as role-to-assume."
  value       = aws_iam_role.plan.arn
}

output "subject" {
  description = "The subject that the role trusts."
  value       = module.subject.subject
}
