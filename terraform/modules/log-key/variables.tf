variable "name" {
  description = "The key's alias, without alias/ before it."
  type        = string
  nullable    = false
}

variable "description" {
  description = "What the key is for."
  type        = string
  nullable    = false
}

variable "log_groups" {
  description = "The log groups that may use the key, by a name that may end in *. By name, since the key is made before them."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^/[A-Za-z0-9/._#-]+\\*?$", var.log_groups))
    error_message = "log_groups is \"${var.log_groups}\". It is a name that begins with /, as in /vpc/sightline/flow-logs or /aws/rds/*."
  }
}

variable "for_alarms" {
  description = "Whether CloudWatch may use the key for alarms that go to an encrypted topic."
  type        = bool
  nullable    = false
  default     = false
}
