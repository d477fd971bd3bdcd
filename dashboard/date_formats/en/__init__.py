"""English, as read everywhere: the month in letters, so that nobody takes the day for it."""
