data "aws_region" "current" {}

data "aws_caller_identity" "current" {}

locals {
  region     = data.aws_region.current.region
  account_id = data.aws_caller_identity.current.account_id
}

module "key" {
  source = "../log-key"

  name        = "${var.name}-observability"
  description = "Logs and alarms of ${var.name}"
  log_groups  = "/aws/rds/instance/${var.database_identifier}*"
  for_alarms  = true
}

# RDS makes a group that is missing, without an end to it and without this key: the database is made after them.
resource "aws_cloudwatch_log_group" "database" {
  # checkov:skip=CKV_AWS_338:they name who was logged in and when, so they are kept no longer than they help
  for_each = toset(["postgresql", "upgrade"])

  name              = "/aws/rds/instance/${var.database_identifier}/${each.key}"
  retention_in_days = var.log_retention_days
  kms_key_id        = module.key.arn
}

resource "aws_cloudwatch_log_group" "replica" {
  # checkov:skip=CKV_AWS_338:as those of the database
  for_each = var.replica_identifier == null ? toset([]) : toset(["postgresql", "upgrade"])

  name              = "/aws/rds/instance/${var.replica_identifier}/${each.key}"
  retention_in_days = var.log_retention_days
  kms_key_id        = module.key.arn
}

resource "aws_sns_topic" "alarms" {
  name              = "${var.name}-alarms"
  kms_master_key_id = module.key.arn
}

data "aws_iam_policy_document" "alarms" {
  statement {
    sid       = "CloudWatchAlarms"
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.alarms.arn]

    principals {
      type        = "Service"
      identifiers = ["cloudwatch.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account_id]
    }
  }
}

resource "aws_sns_topic_policy" "alarms" {
  arn    = aws_sns_topic.alarms.arn
  policy = data.aws_iam_policy_document.alarms.json
}

resource "aws_sns_topic_subscription" "alarms" {
  for_each = var.alarm_emails

  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = each.key
}
