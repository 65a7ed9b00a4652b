"""The instructions that models are given: one Markdown file each, named by its content."""
