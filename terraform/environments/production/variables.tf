variable "account_id" {
  description = "The AWS account of this environment, and of nothing else."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "account_id is \"${var.account_id}\". Accounts have twelve digits: aws sts get-caller-identity"
  }
}

variable "region" {
  description = "The region of everything."
  type        = string
  nullable    = false
  default     = "eu-central-1"
}

variable "availability_zones" {
  description = "Two to four zones of the region."
  type        = list(string)
  nullable    = false
  default     = ["eu-central-1a", "eu-central-1b", "eu-central-1c"]

  validation {
    condition     = alltrue([for zone in var.availability_zones : startswith(zone, var.region)])
    error_message = "availability_zones is ${join(", ", var.availability_zones)}, not all of which are in ${var.region}."
  }
}

variable "cluster_name" {
  description = "The EKS cluster that is to run in the VPC."
  type        = string
  nullable    = false
}

variable "client_security_groups" {
  description = "By a name for each, the security groups that may connect to the database: the cluster's. None until there is a cluster."
  type        = map(string)
  nullable    = false
  default     = {}
}

variable "read_replica" {
  description = "Whether there is a copy of the database beside it that answers reads."
  type        = bool
  nullable    = false
  default     = false
}

variable "deletion_protection" {
  description = "Whether AWS refuses to delete the database. False is refused."
  type        = bool
  nullable    = false
  default     = true
}

variable "database_insights" {
  description = "How much Database Insights shows: standard (7 days) or advanced (15 months, charged by vCPU)."
  type        = string
  nullable    = false
  default     = "standard"
}

variable "iam_authentication" {
  description = "Whether roles of the database that were granted rds_iam log in by a token of IAM: people, and the service if it is told to."
  type        = bool
  nullable    = false
  default     = false
}

variable "backups" {
  description = "The bucket of the service's own backups, for how many days they are locked and kept, and whether the cluster's pods get the roles that use it, which takes a cluster; null for none."
  type = object({
    bucket         = string
    lock_days      = optional(number, 35)
    keep_days      = optional(number, 60)
    pod_identities = optional(bool, false)
  })
  default = null
}

variable "alarm_emails" {
  description = "Who hears of alarms by mail."
  type        = set(string)
  nullable    = false
  default     = []
}

variable "github" {
  description = "The repository whose workflows may run terraform plan here, with the numbers of owner and repository, and outputs of module bootstrap; null for none."
  type = object({
    owner           = string
    owner_id        = number
    repository      = string
    repository_id   = number
    create_provider = optional(bool, true)
    state_bucket    = string
    state_key_arn   = string
  })
  default = null
}
