mock_provider "aws" {
  source = "../../mocks"
}

variables {
  name               = "sightline-test"
  cidr               = "10.1.0.0/16"
  availability_zones = ["eu-central-1a", "eu-central-1b", "eu-central-1c"]
  cluster_name       = "sightline-test"
}

run "each_zone_has_three_subnets_and_a_way_out_of_its_own" {
  command = apply

  assert {
    condition     = length(aws_subnet.public) == 3 && length(aws_subnet.private) == 3 && length(aws_subnet.database) == 3
    error_message = "A zone lacks a subnet."
  }

  assert {
    condition     = toset(keys(aws_nat_gateway.this)) == toset(var.availability_zones)
    error_message = "The NAT gateways are in ${join(", ", keys(aws_nat_gateway.this))}."
  }

  assert {
    condition = alltrue([
      for zone, route in aws_route.nat : route.nat_gateway_id == aws_nat_gateway.this[zone].id
    ])
    error_message = "A private subnet goes out by another zone's NAT gateway."
  }
}

run "nothing_is_open_by_default" {
  command = apply

  assert {
    condition     = length(aws_default_security_group.closed.ingress) == 0 && length(aws_default_security_group.closed.egress) == 0
    error_message = "The default security group lets something through."
  }

  assert {
    condition     = alltrue([for subnet in aws_subnet.public : subnet.map_public_ip_on_launch != true])
    error_message = "A machine in a public subnet gets a public address without being asked."
  }

  assert {
    condition     = length(aws_vpc_endpoint.interface) == 0 && length(aws_security_group.endpoints) == 0
    error_message = "There is an endpoint that nobody asked for."
  }
}

run "flow_logs_are_encrypted_and_kept" {
  command = apply

  assert {
    condition     = aws_flow_log.this.traffic_type == "ALL" && aws_cloudwatch_log_group.flow_logs.kms_key_id == module.flow_logs_key.arn
    error_message = "The flow logs are not whole, or not encrypted by their own key."
  }

  assert {
    condition     = aws_cloudwatch_log_group.flow_logs.retention_in_days == 365
    error_message = "The logs are kept another time."
  }
}

run "load_balancers_find_their_subnets" {
  command = apply

  assert {
    condition = alltrue([
      for subnet in aws_subnet.public :
      subnet.tags["kubernetes.io/role/elb"] == "1" && subnet.tags["kubernetes.io/cluster/sightline-test"] == "shared"
    ])
    error_message = "A public subnet lacks a tag of the AWS Load Balancer Controller."
  }

  assert {
    condition     = alltrue([for subnet in aws_subnet.private : subnet.tags["kubernetes.io/role/internal-elb"] == "1"])
    error_message = "A private subnet lacks a tag of the AWS Load Balancer Controller."
  }
}

run "one_NAT_gateway_serves_all_zones_when_asked_for" {
  command = apply

  variables {
    nat_per_availability_zone = false
  }

  assert {
    condition     = keys(aws_nat_gateway.this) == ["eu-central-1a"] && length(aws_route.nat) == 3
    error_message = "The NAT gateways are in ${join(", ", keys(aws_nat_gateway.this))}, the routes of ${join(", ", keys(aws_route.nat))}."
  }
}

run "endpoints_are_those_of_the_list" {
  command = apply

  variables {
    interface_endpoints = ["secretsmanager", "ecr.api"]
  }

  assert {
    condition     = aws_vpc_endpoint.interface["ecr.api"].service_name == "com.amazonaws.eu-central-1.ecr.api" && length(aws_vpc_endpoint.interface) == 2
    error_message = "The endpoints are ${join(", ", [for endpoint in aws_vpc_endpoint.interface : endpoint.service_name])}."
  }

  assert {
    condition     = aws_vpc_security_group_ingress_rule.endpoints[0].cidr_ipv4 == "10.1.128.0/17"
    error_message = "The endpoints admit ${aws_vpc_security_group_ingress_rule.endpoints[0].cidr_ipv4}."
  }
}

run "a_name_that_AWS_does_not_take_is_refused" {
  command = plan
  variables {
    name = "Sightline Test"
  }
  expect_failures = [var.name]
}
