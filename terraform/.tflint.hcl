# Without the ruleset of AWS, which is a plugin that has to be downloaded.
plugin "terraform" {
  enabled = true
  preset  = "all"
}
