"""What a test asks of models: open endpoints, single cases, whole campaigns, the budget, replies kept for later."""
