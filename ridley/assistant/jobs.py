"""Nothing here yet: what the Assistant does later are the jobs of change sets (core/changes/jobs.py)."""
