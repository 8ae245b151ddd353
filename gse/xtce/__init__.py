"""How are packets read that another mission describes in XTCE, and how is ours described to others?"""
