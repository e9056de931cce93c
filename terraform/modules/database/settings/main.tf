# Of Database Insights' two modes, AWS takes each with just one retention.
locals {
  insights_retention_days = { standard = 7, advanced = 465 }[var.database_insights]
}
