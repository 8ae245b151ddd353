"""How are packets read that another mission describes in XTCE, and ours described to others?"""
