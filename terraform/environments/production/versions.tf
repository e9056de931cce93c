terraform {
  required_version = "~> 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }

  # The bucket, its region and its key differ by account: terraform init -backend-config=backend.hcl (../../README.md).
  backend "s3" {
    key          = "sightline/production.tfstate"
    encrypt      = true
    use_lockfile = true
  }
}

provider "aws" {
  region = var.region
  # With the credentials of another account, nothing happens.
  allowed_account_ids = [var.account_id]

  default_tags {
    tags = {
      Project     = "sightline"
      Environment = "production"
      ManagedBy   = "terraform"
    }
  }
}
