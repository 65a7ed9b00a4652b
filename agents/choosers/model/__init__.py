"""The model chooser: a model picks among what policy permits, and answers by index."""
