"""A vendor's site that shows what Segue does."""
