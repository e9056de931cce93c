variable "name" {
  description = "What the database is called, and the beginning of the name of all that belongs to it."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]([a-z0-9]|-[a-z0-9]){2,}$", var.name))
    error_message = "name is \"${var.name}\". RDS takes lower-case letters, digits and single hyphens, a letter first, no hyphen last."
  }

  # The role for enhanced monitoring is "<name>-rds-monitoring", and a role's name has 64 characters at most
  # (https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html); RDS itself takes 63, with "-replica" behind it.
  validation {
    condition     = length(var.name) <= 49
    error_message = "name is \"${var.name}\", which has ${length(var.name)} characters. Take 49 at most: IAM takes 64 for the role whose name it begins."
  }
}

variable "production" {
  description = "Whether people depend on the database (rules: settings/variables.tf)."
  type        = bool
  nullable    = false
}

variable "vpc_id" {
  description = "The VPC of the subnets."
  type        = string
  nullable    = false
}

variable "subnet_ids" {
  description = "Subnets of two or more availability zones, without a way to the internet."
  type        = list(string)
  nullable    = false

  # DBSubnetGroupDoesNotCoverEnoughAZs: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBSubnetGroup.html
  validation {
    condition     = length(distinct(var.subnet_ids)) >= 2
    error_message = "subnet_ids has ${length(distinct(var.subnet_ids))} subnets. RDS wants them in two availability zones at least."
  }
}

variable "client_security_groups" {
  description = "By a name for each, the security groups that may connect: that of the cluster's nodes, say. Nothing else may."
  type        = map(string)
  nullable    = false

  validation {
    condition     = alltrue([for group in values(var.client_security_groups) : can(regex("^sg-[0-9a-f]+$", group))])
    error_message = "client_security_groups is ${jsonencode(var.client_security_groups)}. Each value is the id of a security group, as in sg-0123456789abcdef0."
  }
}

variable "log_exports" {
  description = "Logs that go to CloudWatch, as its log groups are called (module observability makes them first)."
  type        = list(string)
  nullable    = false
}

variable "engine_version" {
  description = "PostgreSQL's major version, which is part of the parameter group's family, and optionally its minor one."
  type        = string
  nullable    = false
  default     = "18"

  validation {
    condition     = can(regex("^18(\\.[0-9]+)?$", var.engine_version))
    error_message = "engine_version is \"${var.engine_version}\". The service and the parameter group are for PostgreSQL 18: 18, or 18.1 to hold it there."
  }
}

variable "instance_class" {
  description = "The machine, as in db.m7g.large."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^db\\.[a-z0-9-]+\\.[a-z0-9]+$", var.instance_class))
    error_message = "instance_class is \"${var.instance_class}\". Classes look like db.m7g.large."
  }
}

variable "database_name" {
  description = "The database that is made at the start."
  type        = string
  nullable    = false
  default     = "todo"

  # DBName of https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html, as is MasterUsername below.
  validation {
    condition     = can(regex("^[A-Za-z][A-Za-z0-9_]{0,62}$", var.database_name))
    error_message = "database_name is \"${var.database_name}\". RDS takes 1 to 63 letters, digits and underscores, a letter first."
  }
}

variable "master_username" {
  description = "The user that makes the others. Its password is made, kept and rotated by Secrets Manager; nothing here ever sees it."
  type        = string
  nullable    = false
  default     = "sightline_admin"

  validation {
    condition     = can(regex("^[A-Za-z][A-Za-z0-9_]{0,15}$", var.master_username))
    error_message = "master_username is \"${var.master_username}\". RDS takes 1 to 16 letters, digits and underscores, a letter first."
  }
}

variable "iam_authentication" {
  description = "Whether roles that were granted rds_iam log in by a token of IAM: people, and the service with DATABASE_AUTHENTICATION=iam."
  type        = bool
  nullable    = false
  default     = false
}

variable "read_replica" {
  description = "Whether there is a copy beside it that answers reads."
  type        = bool
  nullable    = false
  default     = false
}

variable "multi_az" {
  description = "Whether a standby in another zone takes over when the first fails."
  type        = bool
  nullable    = false
  default     = true
}

variable "deletion_protection" {
  description = "Whether AWS refuses to delete the database."
  type        = bool
  nullable    = false
  default     = true
}

variable "backup_retention_days" {
  description = "For how many days back the database can be restored to any moment: 1 to 35, in production 7 at least."
  type        = number
  nullable    = false
  default     = 14
}

variable "skip_final_snapshot" {
  description = "Whether the data goes with the database when it is destroyed."
  type        = bool
  nullable    = false
  default     = false
}

variable "allocated_storage_gib" {
  description = "Storage at the start, in GiB."
  type        = number
  nullable    = false
  default     = 20
}

variable "max_allocated_storage_gib" {
  description = "How far storage grows by itself, in GiB."
  type        = number
  nullable    = false
  default     = 100
}

variable "backup_window" {
  description = "When the daily snapshot is taken, in UTC."
  type        = string
  nullable    = false
  default     = "02:00-03:00"
}

variable "maintenance_window" {
  description = "When AWS may restart the database for an update, in UTC."
  type        = string
  nullable    = false
  default     = "sun:03:30-sun:04:30"
}

variable "apply_immediately" {
  description = "Whether changes that need a restart are made at once, instead of in the maintenance window."
  type        = bool
  nullable    = false
  default     = false
}

variable "slow_statement_ms" {
  description = "Statements that take longer, in milliseconds, are logged with their text, without the values of their parameters."
  type        = number
  nullable    = false
  default     = 500

  # The range of log_min_duration_statement; -1 is off.
  validation {
    condition     = floor(var.slow_statement_ms) == var.slow_statement_ms && var.slow_statement_ms >= -1 && var.slow_statement_ms <= 2147483647
    error_message = "slow_statement_ms is ${var.slow_statement_ms}. PostgreSQL takes whole milliseconds from 0, or -1 for none, to 2147483647."
  }
}

variable "database_insights" {
  description = "How much Database Insights shows: standard (7 days) or advanced (15 months, charged by vCPU)."
  type        = string
  nullable    = false
  default     = "standard"
}

variable "monitoring_interval_seconds" {
  description = "How often enhanced monitoring looks at the machine of the database, in seconds."
  type        = number
  nullable    = false
  default     = 15
}
