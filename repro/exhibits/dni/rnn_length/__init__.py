"""Is it the kind of push or its length? More controls of DNI on recurrent nets."""
