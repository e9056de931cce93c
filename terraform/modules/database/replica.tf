# It has no backups of its own: what it holds is the other's.
resource "aws_db_instance" "replica" {
  # checkov:skip=CKV_AWS_157:a replica is no standby; without it reads go to the first
  # checkov:skip=CKV_AWS_161:as the database that it copies
  # checkov:skip=CKV_AWS_133:its data is that of the database that it copies, which is backed up
  # checkov:skip=CKV_AWS_293:nothing is lost with it
  count = var.read_replica ? 1 : 0

  identifier          = "${var.name}-replica"
  replicate_source_db = aws_db_instance.this.identifier
  instance_class      = var.instance_class

  auto_minor_version_upgrade = true
  apply_immediately          = var.apply_immediately
  maintenance_window         = local.settings.maintenance_window

  iam_database_authentication_enabled = var.iam_authentication
  ca_cert_identifier                  = "rds-ca-rsa2048-g1"

  vpc_security_group_ids = [aws_security_group.this.id]
  publicly_accessible    = false
  parameter_group_name   = aws_db_parameter_group.this.name

  storage_type          = "gp3"
  max_allocated_storage = local.settings.max_allocated_storage_gib
  # By the key of what it copies: RDS takes none for a replica in the same region.
  storage_encrypted = true

  copy_tags_to_snapshot = true
  skip_final_snapshot   = true

  enabled_cloudwatch_logs_exports       = var.log_exports
  monitoring_interval                   = local.settings.monitoring_interval_seconds
  monitoring_role_arn                   = aws_iam_role.monitoring.arn
  database_insights_mode                = local.settings.database_insights
  performance_insights_enabled          = true
  performance_insights_retention_period = local.settings.insights_retention_days
  performance_insights_kms_key_id       = aws_kms_key.this.arn
}
