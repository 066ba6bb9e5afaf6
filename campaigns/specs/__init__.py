"""What a campaign is asked to do: specs, read and checked, trusted or not."""
