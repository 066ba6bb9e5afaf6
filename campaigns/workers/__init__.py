"""Who runs campaigns: a command in its own process, or a worker's crew."""
