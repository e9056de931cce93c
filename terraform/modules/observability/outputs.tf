output "database_log_exports" {
  description = "The logs that the database may send to CloudWatch, as soon as their groups are there."
  value       = keys(aws_cloudwatch_log_group.database)

  # The replica's have to be there as well.
  depends_on = [aws_cloudwatch_log_group.replica]
}

output "alarm_topic_arn" {
  description = "Where alarms go, for a subscription other than mail."
  value       = aws_sns_topic.alarms.arn
}

output "dashboard_name" {
  description = "What the dashboard is called in CloudWatch."
  value       = aws_cloudwatch_dashboard.this.dashboard_name
}
