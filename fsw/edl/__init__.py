"""Which phase of the descent is this, and what is deployed in it?"""
