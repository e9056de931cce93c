variable "name" {
  description = "What the role is called."
  type        = string
  nullable    = false
}

variable "owner" {
  description = "Who owns the repository on GitHub (rules: subject/variables.tf)."
  type        = string
  nullable    = false
}

variable "owner_id" {
  description = "The owner's number: gh api users/OWNER --jq .id"
  type        = number
  nullable    = false
}

variable "repository" {
  description = "The repository's name, without its owner."
  type        = string
  nullable    = false
}

variable "repository_id" {
  description = "The repository's number: gh api repos/OWNER/REPOSITORY --jq .id"
  type        = number
  nullable    = false
}

variable "environment" {
  description = "The environment of GitHub that a job has to be in."
  type        = string
  nullable    = false
}

variable "create_provider" {
  description = "Whether to make GitHub's identity provider. An account has it once: false where another stack made it."
  type        = bool
  nullable    = false
  default     = true
}

variable "state_bucket" {
  description = "The bucket with Terraform's state (module bootstrap)."
  type        = string
  nullable    = false
}

variable "state_key" {
  description = "The object with the state of this environment."
  type        = string
  nullable    = false
}

variable "state_key_arn" {
  description = "The KMS key of the bucket."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:aws:kms:[a-z0-9-]+:[0-9]{12}:key/[0-9a-f-]+$", var.state_key_arn))
    error_message = "state_key_arn is \"${var.state_key_arn}\". It is what module bootstrap puts out as kms_key_arn."
  }
}
