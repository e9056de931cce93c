variable "owner" {
  description = "Who owns the repository on GitHub: a user or an organisation."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$", var.owner))
    error_message = "owner is \"${var.owner}\", which is no name of a user or an organisation on GitHub."
  }
}

variable "owner_id" {
  description = "The owner's number, which stays when a name is given to somebody else: gh api users/OWNER --jq .id"
  type        = number
  nullable    = false

  validation {
    condition     = var.owner_id >= 1 && floor(var.owner_id) == var.owner_id
    error_message = "owner_id is ${var.owner_id}. It is the whole number that gh api users/OWNER --jq .id prints."
  }
}

variable "repository" {
  description = "The repository's name, without its owner."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9._-]+$", var.repository))
    error_message = "repository is \"${var.repository}\". Give its name alone, without owner and without wildcards."
  }
}

variable "repository_id" {
  description = "The repository's number: gh api repos/OWNER/REPOSITORY --jq .id"
  type        = number
  nullable    = false

  validation {
    condition     = var.repository_id >= 1 && floor(var.repository_id) == var.repository_id
    error_message = "repository_id is ${var.repository_id}. It is the whole number that gh api repos/OWNER/REPOSITORY --jq .id prints."
  }
}

variable "environment" {
  description = "The environment of GitHub that a job has to be in, whose protection rules hold for it."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9._-]+$", var.environment))
    error_message = "environment is \"${var.environment}\". Give the name of one environment, without wildcards."
  }
}
