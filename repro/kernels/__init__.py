"""Fast paths, each beside its plain twin; tests hold them equal."""
