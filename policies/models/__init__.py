"""The files of a pack as typed, immutable models. One module for each file of the format."""
