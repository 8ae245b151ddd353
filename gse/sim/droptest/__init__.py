"""What does a box with one canopy do that a drone carries up and lets go?"""
