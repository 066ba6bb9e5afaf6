"""Running a campaign: the loop, its planner, and what they hold. No Django."""
