variable "production" {
  description = "Whether people depend on the database. Then it has to be in two zones, protected from deletion, and restorable for a week."
  type        = bool
  nullable    = false
}

variable "multi_az" {
  description = "Whether a standby in another zone takes over when the first fails."
  type        = bool
  nullable    = false

  validation {
    condition     = var.multi_az || !var.production
    error_message = "multi_az is false in production: an outage of one zone would be an outage of the service. Set it to true."
  }
}

variable "deletion_protection" {
  description = "Whether AWS refuses to delete the database."
  type        = bool
  nullable    = false

  validation {
    condition     = var.deletion_protection || !var.production
    error_message = "deletion_protection is false in production: one wrong apply would delete the database. Set it to true."
  }
}

variable "backup_retention_days" {
  description = "For how many days back the database can be restored to any moment."
  type        = number
  nullable    = false

  validation {
    condition     = var.backup_retention_days >= 1 && var.backup_retention_days <= 35 && floor(var.backup_retention_days) == var.backup_retention_days
    error_message = "backup_retention_days is ${var.backup_retention_days}. RDS keeps 1 to 35 whole days; 0 would turn backups off."
  }

  validation {
    condition     = var.backup_retention_days >= 7 || !var.production
    error_message = "backup_retention_days is ${var.backup_retention_days} in production. Damage that is noticed after a weekend must still be mendable: set it to 7 or more."
  }
}

variable "skip_final_snapshot" {
  description = "Whether the data goes with the database when it is destroyed."
  type        = bool
  nullable    = false

  validation {
    condition     = !(var.skip_final_snapshot && var.production)
    error_message = "skip_final_snapshot is true in production: what is destroyed would be gone. Set it to false."
  }
}

variable "allocated_storage_gib" {
  description = "Storage at the start, in GiB."
  type        = number
  nullable    = false

  validation {
    condition     = var.allocated_storage_gib >= 20 && var.allocated_storage_gib <= 65536 && floor(var.allocated_storage_gib) == var.allocated_storage_gib
    error_message = "allocated_storage_gib is ${var.allocated_storage_gib}. A gp3 volume of RDS has 20 to 65536 whole GiB."
  }
}

variable "max_allocated_storage_gib" {
  description = "How far storage grows by itself, in GiB."
  type        = number
  nullable    = false

  # RDS refuses a limit that is less than a tenth above what is there.
  validation {
    condition     = var.max_allocated_storage_gib >= 1.1 * var.allocated_storage_gib && var.max_allocated_storage_gib <= 65536 && floor(var.max_allocated_storage_gib) == var.max_allocated_storage_gib
    error_message = "max_allocated_storage_gib is ${var.max_allocated_storage_gib}. It has to be a whole number, at least a tenth more than allocated_storage_gib (${var.allocated_storage_gib}), and at most 65536."
  }
}

variable "backup_window" {
  description = "When the daily snapshot is taken, in UTC: two times at least 30 minutes apart, as in 02:00-03:00."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9]$", var.backup_window))
    error_message = "backup_window is \"${var.backup_window}\". Write two times in UTC, as in 02:00-03:00."
  }
}

variable "maintenance_window" {
  description = "When AWS may restart the database for an update, in UTC: two days with times, 30 minutes to less than a day apart, as in sun:03:30-sun:04:30."
  type        = string
  nullable    = false

  validation {
    condition = can(regex(
      "^(mon|tue|wed|thu|fri|sat|sun):([01][0-9]|2[0-3]):[0-5][0-9]-(mon|tue|wed|thu|fri|sat|sun):([01][0-9]|2[0-3]):[0-5][0-9]$",
      var.maintenance_window
    ))
    error_message = "maintenance_window is \"${var.maintenance_window}\". Write two days with times in UTC, as in sun:03:30-sun:04:30."
  }
}

variable "database_insights" {
  description = "How much Database Insights shows: standard (7 days) or advanced (15 months, charged by vCPU)."
  type        = string
  nullable    = false

  validation {
    condition     = contains(["standard", "advanced"], var.database_insights)
    error_message = "database_insights is \"${var.database_insights}\". It is standard or advanced."
  }
}

variable "monitoring_interval_seconds" {
  description = "How often enhanced monitoring looks at the machine of the database, in seconds."
  type        = number
  nullable    = false

  validation {
    condition     = contains([1, 5, 10, 15, 30, 60], var.monitoring_interval_seconds)
    error_message = "monitoring_interval_seconds is ${var.monitoring_interval_seconds}. RDS takes 1, 5, 10, 15, 30 or 60."
  }
}
