"""Campaigns as rows: written while they run, read for reports and pages."""
