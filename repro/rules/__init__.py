"""Learning rules: what each segment uses as the gradient of its output. No nets here."""
