"""What every floor shares: errors, settings, and values that cross floors."""
