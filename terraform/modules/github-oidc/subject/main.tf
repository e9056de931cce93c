# The numbers are what counts: a name that was given up can be taken by others. GitHub puts them into the subject of every
# repository made since July 2026, and of older ones that ask for it (Settings, Actions, OIDC).
locals {
  subject = format(
    "repo:%s@%d/%s@%d:environment:%s", var.owner, var.owner_id, var.repository, var.repository_id, var.environment
  )
}
