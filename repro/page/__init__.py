"""The page that a reproduction ends with: pictures, claims, notebooks as HTML, without a network."""
