"""An exhibit that shows the runs of the tiny one."""
