"""Which camera films when, and did it?"""
