"""Learning from what happened: is customer success practised as it should be?"""
