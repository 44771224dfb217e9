"""Notebooks: made from one template, executed out of process, helped by `repro.notebook.show`."""
