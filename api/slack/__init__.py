"""The assistant for sellers in Slack."""
