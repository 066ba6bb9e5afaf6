"""What outcomes show: rates, regressions, the trials of one case; pure, for the plugin and for plain Python."""
