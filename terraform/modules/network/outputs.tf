output "vpc_id" {
  description = "The VPC."
  value       = aws_vpc.this.id
}

output "private_subnet_ids" {
  description = "By availability zone, the subnets of nodes and pods."
  value       = { for zone, subnet in aws_subnet.private : zone => subnet.id }
}

output "database_subnet_ids" {
  description = "By availability zone, the subnets of the database."
  value       = { for zone, subnet in aws_subnet.database : zone => subnet.id }
}

output "public_cidr" {
  description = "The network of all public subnets, where load balancers are."
  value       = module.addresses.tiers.public
}

output "database_cidr" {
  description = "The network of all database subnets, for the NetworkPolicy of the service."
  value       = module.addresses.tiers.database
}
