"""The JSON Schemas of the pack files, generated from the models."""
