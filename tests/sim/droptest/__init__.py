"""Is the simulated drop physics, and does it bear whatever is fired?"""
