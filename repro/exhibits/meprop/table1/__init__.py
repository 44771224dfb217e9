"""The main result: accuracy and iterations of meProp and of dense nets, two optimisers, three tasks."""
