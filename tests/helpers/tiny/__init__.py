"""An exhibit whose runs take milliseconds, in the form that every exhibit has."""
