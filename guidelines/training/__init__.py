"""Trains the models that ship in guidelines/models, from the project's own labelled texts. Needs the extra `train`."""
