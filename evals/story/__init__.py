"""The story that Segue is for, told on a running service: into the market, worked at once, and cooled down."""
