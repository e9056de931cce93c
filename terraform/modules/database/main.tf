# What must hold is in a module that needs no provider, so that it can be tested anywhere.
module "settings" {
  source = "./settings"

  production                  = var.production
  multi_az                    = var.multi_az
  deletion_protection         = var.deletion_protection
  backup_retention_days       = var.backup_retention_days
  skip_final_snapshot         = var.skip_final_snapshot
  allocated_storage_gib       = var.allocated_storage_gib
  max_allocated_storage_gib   = var.max_allocated_storage_gib
  backup_window               = var.backup_window
  maintenance_window          = var.maintenance_window
  database_insights           = var.database_insights
  monitoring_interval_seconds = var.monitoring_interval_seconds
}

locals {
  settings = module.settings.values
  port     = 5432
}

# The name of a snapshot can't be used twice, and this database may not be the first of its name.
resource "terraform_data" "made" {
  input = formatdate("YYYYMMDDhhmmss", plantimestamp())

  lifecycle {
    ignore_changes = [input]
  }
}

resource "aws_kms_key" "this" {
  # checkov:skip=CKV2_AWS_64:the default policy leaves the key to the account's own IAM policies, which is what is wanted
  description             = "Database ${var.name}: storage, snapshots, Database Insights, the master password"
  enable_key_rotation     = true
  deletion_window_in_days = 30
}

resource "aws_kms_alias" "this" {
  name          = "alias/${var.name}-database"
  target_key_id = aws_kms_key.this.key_id
}

resource "aws_db_subnet_group" "this" {
  name        = var.name
  description = "Where ${var.name} may be: no way to the internet"
  subnet_ids  = var.subnet_ids
}

resource "aws_security_group" "this" {
  name        = "${var.name}-database"
  description = "PostgreSQL from the groups that are named, and nothing out"
  vpc_id      = var.vpc_id

  tags = { Name = "${var.name}-database" }
}

resource "aws_vpc_security_group_ingress_rule" "clients" {
  for_each = var.client_security_groups

  security_group_id            = aws_security_group.this.id
  description                  = "PostgreSQL from ${each.key}"
  referenced_security_group_id = each.value
  ip_protocol                  = "tcp"
  from_port                    = local.port
  to_port                      = local.port
}

# What RDS or PostgreSQL has as its default anyway (rds.force_ssl is 1) goes with pending-reboot: RDS says that of each parameter
# that is at its default, so with another method each plan would change it (facts.yaml has the defaults).
resource "aws_db_parameter_group" "this" {
  # Not a whole name: the next group is made while this one is in use.
  name_prefix = "${var.name}-postgres18-"
  family      = "postgres18"
  description = "Of ${var.name}: TLS only, statistics of statements, a log of slow ones"

  parameter {
    name         = "rds.force_ssl"
    value        = "1"
    apply_method = "pending-reboot"
  }

  # Its counters are behind the panels of slow statements. Loaded at the start of PostgreSQL only.
  parameter {
    name         = "shared_preload_libraries"
    value        = "pg_stat_statements"
    apply_method = "pending-reboot"
  }

  parameter {
    name         = "pg_stat_statements.track"
    value        = "top"
    apply_method = "pending-reboot"
  }

  parameter {
    name  = "log_min_duration_statement"
    value = tostring(var.slow_statement_ms)
  }

  # Parameters hold what people wrote into their todos: never in a log.
  parameter {
    name  = "log_parameter_max_length"
    value = "0"
  }

  parameter {
    name         = "log_parameter_max_length_on_error"
    value        = "0"
    apply_method = "pending-reboot"
  }

  # Nor do the details of a refused row, which repeat it.
  parameter {
    name  = "log_error_verbosity"
    value = "terse"
  }

  parameter {
    name  = "log_statement"
    value = "ddl"
  }

  parameter {
    name  = "log_lock_waits"
    value = "1"
  }

  # A group that is in use can't be removed.
  lifecycle {
    create_before_destroy = true
  }
}

data "aws_iam_policy_document" "monitoring_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["monitoring.rds.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "monitoring" {
  name               = "${var.name}-rds-monitoring"
  description        = "Lets enhanced monitoring of ${var.name} write to CloudWatch"
  assume_role_policy = data.aws_iam_policy_document.monitoring_trust.json
}

resource "aws_iam_role_policy_attachment" "monitoring" {
  role       = aws_iam_role.monitoring.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"
}

resource "aws_db_instance" "this" {
  # checkov:skip=CKV_AWS_161:the service logs in by a password over verified TLS unless it is told otherwise; iam_authentication turns tokens on
  # checkov:skip=CKV_AWS_157:a variable, which settings/ refuses to be false in production
  # checkov:skip=CKV_AWS_293:a variable, which settings/ refuses to be false in production
  identifier     = var.name
  engine         = "postgres"
  engine_version = var.engine_version
  instance_class = var.instance_class

  # PostgreSQL 18 has to be paid for longer than its makers mend it only if somebody decides so.
  engine_lifecycle_support    = "open-source-rds-extended-support-disabled"
  auto_minor_version_upgrade  = true
  allow_major_version_upgrade = false
  apply_immediately           = var.apply_immediately
  maintenance_window          = local.settings.maintenance_window

  db_name                             = var.database_name
  port                                = local.port
  username                            = var.master_username
  manage_master_user_password         = true
  master_user_secret_kms_key_id       = aws_kms_key.this.key_id
  iam_database_authentication_enabled = var.iam_authentication
  ca_cert_identifier                  = "rds-ca-rsa2048-g1"

  multi_az               = local.settings.multi_az
  db_subnet_group_name   = aws_db_subnet_group.this.name
  vpc_security_group_ids = [aws_security_group.this.id]
  publicly_accessible    = false
  parameter_group_name   = aws_db_parameter_group.this.name

  storage_type          = "gp3"
  allocated_storage     = local.settings.allocated_storage_gib
  max_allocated_storage = local.settings.max_allocated_storage_gib
  storage_encrypted     = true
  kms_key_id            = aws_kms_key.this.arn

  backup_retention_period   = local.settings.backup_retention_days
  backup_window             = local.settings.backup_window
  delete_automated_backups  = local.settings.skip_final_snapshot
  copy_tags_to_snapshot     = true
  skip_final_snapshot       = local.settings.skip_final_snapshot
  final_snapshot_identifier = local.settings.skip_final_snapshot ? null : "${var.name}-final-${terraform_data.made.output}"
  deletion_protection       = local.settings.deletion_protection

  enabled_cloudwatch_logs_exports       = var.log_exports
  monitoring_interval                   = local.settings.monitoring_interval_seconds
  monitoring_role_arn                   = aws_iam_role.monitoring.arn
  database_insights_mode                = local.settings.database_insights
  performance_insights_enabled          = true
  performance_insights_retention_period = local.settings.insights_retention_days
  performance_insights_kms_key_id       = aws_kms_key.this.arn

  depends_on = [aws_iam_role_policy_attachment.monitoring]

  # RDS takes it when a database is made or restored, and ignores each change of it: the provider would try again at each apply.
  lifecycle {
    ignore_changes = [engine_lifecycle_support]
  }
}
