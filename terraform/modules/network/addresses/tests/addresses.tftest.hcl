variables {
  cidr               = "10.1.0.0/16"
  availability_zones = ["eu-central-1a", "eu-central-1b"]
}

run "two_zones_get_two_subnets_of_each_tier" {
  command = plan

  assert {
    condition     = output.tiers == { public = "10.1.0.0/20", database = "10.1.48.0/20", private = "10.1.128.0/17" }
    error_message = "The tiers are ${jsonencode(output.tiers)}."
  }

  assert {
    condition = output.subnets == {
      public   = { "eu-central-1a" = "10.1.0.0/22", "eu-central-1b" = "10.1.4.0/22" }
      database = { "eu-central-1a" = "10.1.48.0/22", "eu-central-1b" = "10.1.52.0/22" }
      private  = { "eu-central-1a" = "10.1.128.0/19", "eu-central-1b" = "10.1.160.0/19" }
    }
    error_message = "The subnets are ${jsonencode(output.subnets)}."
  }
}

run "a_third_and_a_fourth_zone_leave_the_others_where_they_are" {
  command = plan

  variables {
    availability_zones = ["eu-central-1a", "eu-central-1b", "eu-central-1c", "eu-central-1d"]
  }

  assert {
    condition     = output.subnets.public == zipmap(var.availability_zones, ["10.1.0.0/22", "10.1.4.0/22", "10.1.8.0/22", "10.1.12.0/22"])
    error_message = "The public subnets are ${jsonencode(output.subnets.public)}."
  }

  assert {
    condition     = output.subnets.database == zipmap(var.availability_zones, ["10.1.48.0/22", "10.1.52.0/22", "10.1.56.0/22", "10.1.60.0/22"])
    error_message = "The database's subnets are ${jsonencode(output.subnets.database)}."
  }

  assert {
    condition     = output.subnets.private == zipmap(var.availability_zones, ["10.1.128.0/19", "10.1.160.0/19", "10.1.192.0/19", "10.1.224.0/19"])
    error_message = "The private subnets are ${jsonencode(output.subnets.private)}."
  }
}

run "three_zones_of_production_are_in_its_own_network" {
  command = plan

  variables {
    cidr               = "10.2.0.0/16"
    availability_zones = ["eu-central-1a", "eu-central-1b", "eu-central-1c"]
  }

  assert {
    condition     = output.tiers.database == "10.2.48.0/20" && output.subnets.private["eu-central-1c"] == "10.2.192.0/19"
    error_message = "The subnets are ${jsonencode(output.subnets)}."
  }
}

run "the_smallest_network_that_is_taken_has_room_for_four_zones" {
  command = plan

  variables {
    cidr               = "192.168.16.0/20"
    availability_zones = ["us-east-1a", "us-east-1b", "us-east-1c", "us-east-1d"]
  }

  # AWS takes no subnet that is smaller than /28.
  assert {
    condition     = output.subnets.database["us-east-1d"] == "192.168.19.192/26"
    error_message = "The last subnet of the database is ${output.subnets.database["us-east-1d"]}."
  }
}

run "networks_beside_it_are_taken" {
  command = plan

  variables {
    reserved_cidrs = ["10.0.0.0/16", "10.2.0.0/16", "172.20.0.0/16"]
  }

  assert {
    condition     = length(output.tiers) == 3
    error_message = "The tiers are ${jsonencode(output.tiers)}."
  }
}

run "text_that_is_no_network_is_refused" {
  command = plan
  variables {
    cidr = "10.1.0.0"
  }
  expect_failures = [var.cidr]
}

run "a_number_over_255_is_refused" {
  command = plan
  variables {
    cidr = "10.256.0.0/16"
  }
  expect_failures = [var.cidr]
}

run "IPv6_is_refused" {
  command = plan
  variables {
    cidr = "fd00::/16"
  }
  expect_failures = [var.cidr]
}

run "an_address_inside_of_a_network_is_refused" {
  command = plan
  variables {
    cidr = "10.1.2.0/16"
  }
  expect_failures = [var.cidr]
}

run "a_network_too_large_for_a_VPC_is_refused" {
  command = plan
  variables {
    cidr = "10.0.0.0/15"
  }
  expect_failures = [var.cidr]
}

run "a_network_too_small_for_its_subnets_is_refused" {
  command = plan
  variables {
    cidr = "10.1.0.0/21"
  }
  expect_failures = [var.cidr]
}

run "addresses_of_others_are_refused" {
  command = plan
  variables {
    cidr = "172.32.0.0/16"
  }
  expect_failures = [var.cidr]
}

run "a_reserved_network_inside_is_refused" {
  command = plan
  variables {
    reserved_cidrs = ["172.20.0.0/16", "10.1.200.0/24"]
  }
  expect_failures = [var.cidr]
}

run "a_reserved_network_around_it_is_refused" {
  command = plan
  variables {
    reserved_cidrs = ["10.0.0.0/8"]
  }
  expect_failures = [var.cidr]
}

run "a_reserved_network_that_is_none_is_refused" {
  command = plan
  variables {
    reserved_cidrs = ["the office"]
  }
  expect_failures = [var.reserved_cidrs]
}

run "one_zone_is_refused" {
  command = plan
  variables {
    availability_zones = ["eu-central-1a"]
  }
  expect_failures = [var.availability_zones]
}

run "five_zones_are_refused" {
  command = plan
  variables {
    availability_zones = ["us-east-1a", "us-east-1b", "us-east-1c", "us-east-1d", "us-east-1e"]
  }
  expect_failures = [var.availability_zones]
}

run "a_zone_twice_is_refused" {
  command = plan
  variables {
    availability_zones = ["eu-central-1a", "eu-central-1a"]
  }
  expect_failures = [var.availability_zones]
}

run "a_region_in_place_of_a_zone_is_refused" {
  command = plan
  variables {
    availability_zones = ["eu-central-1", "eu-central-1b"]
  }
  expect_failures = [var.availability_zones]
}

run "zones_of_two_regions_are_refused" {
  command = plan
  variables {
    availability_zones = ["eu-central-1a", "eu-west-1b"]
  }
  expect_failures = [var.availability_zones]
}
