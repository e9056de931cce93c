# Where the service's own backups go (backup/), beside the snapshots of RDS: a bucket in which nothing can be changed or removed
# for a while, by nobody, and a role for each program that uses it, none of which may remove anything.

data "aws_caller_identity" "current" {}

locals {
  account_id = data.aws_caller_identity.current.account_id
  objects    = "${aws_s3_bucket.backups.arn}/${var.prefix}"

  # By the service account of Kubernetes, what each may write (kubernetes/components/backup/service-accounts.yaml).
  writes = {
    backup        = ["${local.objects}/*"]
    restore-drill = ["${local.objects}/restore-drill.json"]
    backup-reader = []
  }
}

resource "aws_s3_bucket" "backups" {
  # checkov:skip=CKV_AWS_18:CloudTrail's data events say who wrote it; a log of accesses needs a bucket that needs a log
  # checkov:skip=CKV_AWS_144:it is the second copy of RDS already; a third, elsewhere, is for whoever needs one
  # checkov:skip=CKV_AWS_145:age has encrypted what is in it; a key of KMS would be one more thing that a restore needs
  # checkov:skip=CKV2_AWS_62:the exporter looks what is there, and alerts tell
  bucket              = var.bucket
  object_lock_enabled = true

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_s3_bucket_versioning" "backups" {
  bucket = aws_s3_bucket.backups.id

  versioning_configuration {
    status = "Enabled"
  }
}

# What is overwritten stays as an earlier version, and no version goes before its time.
resource "aws_s3_bucket_object_lock_configuration" "backups" {
  bucket = aws_s3_bucket.backups.id

  rule {
    default_retention {
      mode = var.lock_mode
      days = var.lock_days
    }
  }

  depends_on = [aws_s3_bucket_versioning.backups]
}

resource "aws_s3_bucket_server_side_encryption_configuration" "backups" {
  bucket = aws_s3_bucket.backups.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_public_access_block" "backups" {
  bucket = aws_s3_bucket.backups.id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "backups" {
  bucket = aws_s3_bucket.backups.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

# The retention of the backups: BACKUP_PRUNED_BY=destination.
resource "aws_s3_bucket_lifecycle_configuration" "backups" {
  bucket = aws_s3_bucket.backups.id

  rule {
    id     = "old-backups"
    status = "Enabled"

    filter {}

    expiration {
      days = var.keep_days
    }

    noncurrent_version_expiration {
      noncurrent_days = var.lock_days
    }

    # What a killed run leaves.
    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }

  rule {
    id     = "markers-of-what-is-gone"
    status = "Enabled"

    filter {}

    expiration {
      expired_object_delete_marker = true
    }
  }

  depends_on = [aws_s3_bucket_versioning.backups]
}

data "aws_iam_policy_document" "bucket" {
  statement {
    sid       = "OnlyByTls"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [aws_s3_bucket.backups.arn, "${aws_s3_bucket.backups.arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_s3_bucket_policy" "backups" {
  bucket = aws_s3_bucket.backups.id
  policy = data.aws_iam_policy_document.bucket.json

  depends_on = [aws_s3_bucket_public_access_block.backups]
}

# EKS Pod Identity: pods of one service account, in one namespace, of this account's clusters. No key lives longer than hours.
data "aws_iam_policy_document" "trust" {
  for_each = local.writes

  statement {
    actions = ["sts:AssumeRole", "sts:TagSession"]

    principals {
      type        = "Service"
      identifiers = ["pods.eks.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account_id]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:RequestTag/kubernetes-namespace"
      values   = [var.namespace]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:RequestTag/kubernetes-service-account"
      values   = [each.key]
    }
  }
}

data "aws_iam_policy_document" "use" {
  for_each = local.writes

  statement {
    sid       = "List"
    actions   = ["s3:ListBucket"]
    resources = [aws_s3_bucket.backups.arn]

    condition {
      test     = "StringLike"
      variable = "s3:prefix"
      values   = ["${var.prefix}/*"]
    }
  }

  statement {
    sid       = "Read"
    actions   = ["s3:GetObject"]
    resources = ["${local.objects}/*"]
  }

  # No Delete, and nothing of retention or versions: what is written stays.
  dynamic "statement" {
    for_each = length(each.value) == 0 ? [] : ["Write"]

    content {
      sid       = statement.value
      actions   = ["s3:PutObject", "s3:AbortMultipartUpload"]
      resources = each.value
    }
  }
}

resource "aws_iam_role" "this" {
  for_each = local.writes

  name               = "${var.name}-${each.key}"
  assume_role_policy = data.aws_iam_policy_document.trust[each.key].json
}

resource "aws_iam_role_policy" "this" {
  for_each = local.writes

  name   = "backups"
  role   = aws_iam_role.this[each.key].id
  policy = data.aws_iam_policy_document.use[each.key].json
}

resource "aws_eks_pod_identity_association" "this" {
  for_each = var.cluster_name == null ? {} : local.writes

  cluster_name    = var.cluster_name
  namespace       = var.namespace
  service_account = each.key
  role_arn        = aws_iam_role.this[each.key].arn
}
