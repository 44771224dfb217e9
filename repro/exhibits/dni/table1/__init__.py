"""Recurrent nets by BPTT, DNI and DNI with the auxiliary task: Copy, Repeat Copy, Penn Treebank."""
