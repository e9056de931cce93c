variable "environment" {
  description = "What the environment is called, here and at GitHub."
  type        = string
  nullable    = false
}

variable "production" {
  description = "Whether people depend on it: then the database is held to more rules, changes that restart it wait for the maintenance window, and nobody can remove a locked backup."
  type        = bool
  nullable    = false
}

variable "cluster_name" {
  description = "The EKS cluster that is to run in the VPC."
  type        = string
  nullable    = false
}

variable "network" {
  description = "The inputs of module network that differ."
  type = object({
    cidr                      = string
    availability_zones        = list(string)
    reserved_cidrs            = list(string)
    nat_per_availability_zone = bool
    interface_endpoints       = set(string)
  })
  nullable = false
}

variable "database" {
  description = "The inputs of module database that differ, and of its alarms: how many connections it takes, and how little free storage is too little."
  type = object({
    client_security_groups    = map(string)
    instance_class            = string
    multi_az                  = bool
    read_replica              = bool
    deletion_protection       = bool
    backup_retention_days     = number
    allocated_storage_gib     = number
    max_allocated_storage_gib = number
    database_insights         = string
    iam_authentication        = bool
    max_connections           = number
    free_storage_alarm_gib    = number
  })
  nullable = false
}

variable "alarm_emails" {
  description = "Who hears of alarms by mail."
  type        = set(string)
  nullable    = false
}

variable "backups" {
  description = "The bucket of the service's own backups, its days, and whether the cluster's pods get its roles; null for none."
  type = object({
    bucket         = string
    lock_days      = number
    keep_days      = number
    pod_identities = bool
  })
}

variable "github" {
  description = "The repository whose workflows may run terraform plan here, and where the state is; null for none."
  type = object({
    owner           = string
    owner_id        = number
    repository      = string
    repository_id   = number
    create_provider = bool
    state_bucket    = string
    state_key_arn   = string
  })
}
