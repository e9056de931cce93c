variable "name" {
  description = "Begins the name of all that is made."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name))
    error_message = "name is \"${var.name}\". Take 3 to 32 lower-case letters, digits and hyphens, a letter first."
  }
}

variable "cidr" {
  description = "The addresses of the VPC, as in 10.1.0.0/16 (rules: addresses/variables.tf)."
  type        = string
  nullable    = false
}

variable "availability_zones" {
  description = "Two to four zones of one region, as in eu-central-1a (rules: addresses/variables.tf)."
  type        = list(string)
  nullable    = false
}

variable "reserved_cidrs" {
  description = "Networks that the VPC must not overlap (rules: addresses/variables.tf)."
  type        = list(string)
  nullable    = false
  default     = []
}

variable "nat_per_availability_zone" {
  description = "Whether each zone has a NAT gateway of its own. One for all is cheaper, and takes the way out of all zones with it when its zone fails."
  type        = bool
  nullable    = false
  default     = true
}

variable "interface_endpoints" {
  description = "Services of AWS that are reached inside of the VPC instead of by NAT, as in secretsmanager. Each costs by the hour and zone."
  type        = set(string)
  nullable    = false
  default     = []
}

variable "cluster_name" {
  description = "The EKS cluster whose load balancers may use the subnets."
  type        = string
  nullable    = false
}

variable "flow_log_retention_days" {
  description = "For how many days CloudWatch keeps who talked to whom."
  type        = number
  nullable    = false
  default     = 365
}
