variable "name" {
  description = "Begins the names of the roles."
  type        = string
  nullable    = false
}

variable "bucket" {
  description = "What the bucket is called; names are shared by all of AWS. The overlay's BACKUP_DESTINATION has it too."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.bucket))
    error_message = "bucket is \"${var.bucket}\". S3 takes 3 to 63 lower-case letters, digits and hyphens, no hyphen first or last."
  }
}

variable "prefix" {
  description = "The folder of the bucket that backups are in, as BACKUP_DESTINATION has it."
  type        = string
  nullable    = false
  default     = "todo-api"

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9/-]*[a-z0-9]$", var.prefix))
    error_message = "prefix is \"${var.prefix}\". It is a folder without / at its ends, as in todo-api."
  }
}

variable "lock_mode" {
  description = "Whether nobody can remove a backup before its time (COMPLIANCE), or who has s3:BypassGovernanceRetention can (GOVERNANCE)."
  type        = string
  nullable    = false

  validation {
    condition     = contains(["COMPLIANCE", "GOVERNANCE"], var.lock_mode)
    error_message = "lock_mode is \"${var.lock_mode}\". It is COMPLIANCE or GOVERNANCE."
  }
}

variable "lock_days" {
  description = "For how many days nothing that was written can be changed or removed."
  type        = number
  nullable    = false
  default     = 35

  validation {
    condition     = var.lock_days >= 7
    error_message = "lock_days is ${var.lock_days}. Who is let in on a Friday is found out days later: lock 7 or more."
  }
}

variable "keep_days" {
  description = "After how many days a backup goes."
  type        = number
  nullable    = false
  default     = 60

  validation {
    condition     = var.keep_days >= var.lock_days
    error_message = "keep_days is ${var.keep_days}, and nothing goes before the ${var.lock_days} of lock_days."
  }
}

variable "namespace" {
  description = "The namespace of the service in Kubernetes."
  type        = string
  nullable    = false
  default     = "todo-api"
}

variable "cluster_name" {
  description = "The EKS cluster whose pods get the roles; null until there is one."
  type        = string
  default     = null
}
