"""Dropout and meProp together, on three tasks."""
