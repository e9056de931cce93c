variable "name" {
  description = "Begins the name of all that is made."
  type        = string
  nullable    = false
}

variable "database_identifier" {
  description = "What RDS calls the database."
  type        = string
  nullable    = false
}

variable "replica_identifier" {
  description = "What RDS calls the read replica, whose lag then has an alarm; null without one."
  type        = string
  default     = null
}

variable "log_retention_days" {
  description = "For how many days CloudWatch keeps the logs of the database: one of the numbers that it takes."
  type        = number
  nullable    = false
  default     = 90

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days is ${var.log_retention_days}. CloudWatch takes 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400 or more."
  }
}

variable "alarm_emails" {
  description = "Who hears of an alarm, by mail; each confirms it once, by a link that AWS sends."
  type        = set(string)
  nullable    = false
  default     = []

  validation {
    condition     = alltrue([for address in var.alarm_emails : can(regex("^[^@[:space:]]+@[^@[:space:]]+\\.[^@[:space:]]+$", address))])
    error_message = "alarm_emails is ${join(", ", var.alarm_emails)}. Each has to be an address, as in on-call@example.com."
  }
}

variable "max_connections" {
  description = "How many connections the database takes; four fifths of them are an alarm. RDS: memory in bytes / 9531392, at most 5000."
  type        = number
  nullable    = false

  validation {
    condition     = var.max_connections >= 10 && var.max_connections <= 5000
    error_message = "max_connections is ${var.max_connections}. By default RDS takes the memory in bytes / 9531392, at most 5000."
  }
}

variable "free_storage_alarm_gib" {
  description = "Less free storage than this, in GiB, is an alarm. Storage grows by itself from a tenth on: below that, it has not."
  type        = number
  nullable    = false

  validation {
    condition     = var.free_storage_alarm_gib >= 1
    error_message = "free_storage_alarm_gib is ${var.free_storage_alarm_gib}. With less than 1 GiB free it is too late."
  }
}
