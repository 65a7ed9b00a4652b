"""Speed, as ratios to peers in one run: `make bench`."""
