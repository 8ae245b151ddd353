"""Where is the vehicle, and how is it moving?"""
