variable "cidr" {
  description = "The addresses of the VPC: an IPv4 network of 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16, between /16 and /20."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[0-9.]+/[0-9]+$", var.cidr)) && can(cidrhost(var.cidr, 0))
    error_message = "cidr is \"${var.cidr}\", which is no IPv4 network. Write it as in 10.1.0.0/16."
  }

  validation {
    condition     = try(cidrsubnet(var.cidr, 0, 0) == var.cidr, true)
    error_message = "cidr is \"${var.cidr}\", an address inside of a network. Write the network itself: ${try(cidrsubnet(var.cidr, 0, 0), "as in 10.1.0.0/16")}."
  }

  validation {
    condition = try(
      tonumber(split("/", var.cidr)[1]) >= 16 && tonumber(split("/", var.cidr)[1]) <= 20, true
    )
    error_message = "cidr is \"${var.cidr}\". AWS takes no VPC that is larger than /16, and the subnets of one smaller than /20 run out of addresses."
  }

  validation {
    condition = anytrue([
      startswith(var.cidr, "10."),
      startswith(var.cidr, "192.168."),
      can(regex("^172\\.(1[6-9]|2[0-9]|3[01])\\.", var.cidr)),
      !can(cidrhost(var.cidr, 0)),
    ])
    error_message = "cidr is \"${var.cidr}\", which belongs to others on the internet. Take one of 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16."
  }

  # Two networks overlap when they are the same once both are as large as the larger one.
  validation {
    condition = alltrue([
      for cidr in var.reserved_cidrs : try(
        cidrsubnet("${split("/", cidr)[0]}/${min(split("/", cidr)[1], split("/", var.cidr)[1])}", 0, 0)
        != cidrsubnet("${split("/", var.cidr)[0]}/${min(split("/", cidr)[1], split("/", var.cidr)[1])}", 0, 0),
        true
      )
    ])
    error_message = "cidr ${var.cidr} overlaps one of reserved_cidrs (${join(", ", var.reserved_cidrs)}), so packets for one would go to the other. Choose another."
  }
}

variable "availability_zones" {
  description = "Names of two to four availability zones of one region, as in eu-central-1a. To append one changes no subnet that is there."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.availability_zones) >= 2 && length(var.availability_zones) <= 4
    error_message = "availability_zones has ${length(var.availability_zones)} zones. With one, its failure is an outage; addresses are planned for four. Give two to four."
  }

  validation {
    condition     = length(distinct(var.availability_zones)) == length(var.availability_zones)
    error_message = "availability_zones names a zone twice: ${join(", ", var.availability_zones)}. Give each once."
  }

  validation {
    condition     = alltrue([for zone in var.availability_zones : can(regex("^[a-z]{2}(-[a-z]+)+-[0-9][a-z]$", zone))])
    error_message = "availability_zones is ${join(", ", var.availability_zones)}. Names of zones look like eu-central-1a."
  }

  validation {
    condition     = length(distinct([for zone in var.availability_zones : substr(zone, 0, length(zone) - 1)])) <= 1
    error_message = "availability_zones is ${join(", ", var.availability_zones)}: zones of more than one region. A VPC is in one."
  }
}

variable "reserved_cidrs" {
  description = "Networks that the VPC must not overlap, since its programs talk to them: peered networks, offices, the cluster's own range for Services."
  type        = list(string)
  nullable    = false
  default     = []

  validation {
    condition     = alltrue([for cidr in var.reserved_cidrs : can(regex("^[0-9.]+/[0-9]+$", cidr)) && can(cidrhost(cidr, 0))])
    error_message = "reserved_cidrs is ${join(", ", var.reserved_cidrs)}. Each has to be an IPv4 network, as in 172.20.0.0/16."
  }
}
