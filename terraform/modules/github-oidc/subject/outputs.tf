output "subject" {
  description = "What the token of a job in the environment says that it is about, by name and number."
  value       = local.subject
}
