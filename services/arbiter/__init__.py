"""Grants leases on device and host memory, so that pipelines in separate processes take turns."""
