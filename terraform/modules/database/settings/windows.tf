# The windows as minutes, for the preconditions of outputs.tf: a variable's own validation can't use what is made of it.
locals {
  minutes_of_day  = 24 * 60
  minutes_of_week = 7 * local.minutes_of_day
  days            = { mon = 0, tue = 1, wed = 2, thu = 3, fri = 4, sat = 5, sun = 6 }

  # Of the day, and of the week, which begins on Monday.
  backup = [
    for time in split("-", var.backup_window) :
    60 * tonumber(split(":", time)[0]) + tonumber(split(":", time)[1])
  ]
  maintenance = [
    for time in split("-", var.maintenance_window) :
    local.minutes_of_day * local.days[split(":", time)[0]] + 60 * tonumber(split(":", time)[1]) + tonumber(split(":", time)[2])
  ]

  # An end before its beginning is the next day's, or the next week's.
  backup_minutes      = (local.backup[1] - local.backup[0] + local.minutes_of_day) % local.minutes_of_day
  maintenance_minutes = (local.maintenance[1] - local.maintenance[0] + local.minutes_of_week) % local.minutes_of_week

  # From the beginning of maintenance to that of each day's backup, on the circle of the week.
  backups_after = [
    for day in range(7) :
    (local.minutes_of_day * day + local.backup[0] - local.maintenance[0] + local.minutes_of_week) % local.minutes_of_week
  ]
  # One begins while the other lasts. What one ends with the other may begin with.
  windows_overlap = anytrue([
    for after in local.backups_after :
    after < local.maintenance_minutes || after + local.backup_minutes > local.minutes_of_week
  ])
}
