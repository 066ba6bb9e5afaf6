"""What the API answers, one file a kind of resource."""
