variable "bucket" {
  description = "What the bucket is called; names are shared by all of AWS, so put the account's number into it."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.bucket))
    error_message = "bucket is \"${var.bucket}\". S3 takes 3 to 63 lower-case letters, digits and hyphens, no hyphen first or last."
  }
}

variable "old_version_days" {
  description = "For how many days a state that was replaced is kept."
  type        = number
  nullable    = false
  default     = 90

  validation {
    condition     = var.old_version_days >= 30
    error_message = "old_version_days is ${var.old_version_days}. A mistake in the state may be noticed weeks later: keep 30 or more."
  }
}
