"""Does the simulated world behave like the one that was flown?"""
