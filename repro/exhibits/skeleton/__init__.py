"""What `repro new` copies: a small exhibit that trains, is judged and drawn as it stands."""
