"""The rules: policy language, packs, classifier and gate. Pure: no clock, network, model or database."""
