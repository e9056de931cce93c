output "tiers" {
  description = "The network of each tier (public, private, database), which holds the subnets of all zones."
  value       = local.tiers
}

output "subnets" {
  description = "By tier and availability zone, the network of the subnet."
  value       = local.subnets
}
