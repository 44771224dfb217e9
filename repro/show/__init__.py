"""How results look: figures, tables, the generated pages. Whatever is drawn comes from a record alone."""
