# Of 16 parts of the VPC, the first is for the public subnets and the fourth for the database's; the upper half is for the
# private ones, in which each pod has an address of its own. The rest stays free. Each tier is cut in four, however many zones
# are used, so that a zone that is added moves nothing.
locals {
  tiers = {
    public   = cidrsubnet(var.cidr, 4, 0)
    database = cidrsubnet(var.cidr, 4, 3)
    private  = cidrsubnet(var.cidr, 1, 1)
  }

  subnets = {
    for tier, cidr in local.tiers : tier => {
      for index, zone in var.availability_zones : zone => cidrsubnet(cidr, 2, index)
    }
  }
}
