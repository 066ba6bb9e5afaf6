"""The REST API, `/api/v1`: tokens, routes, problems, webhooks. docs/api.md says how to use it."""
