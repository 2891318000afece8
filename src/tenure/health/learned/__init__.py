"""The learned model of a workspace: taught from its history, watched, champion or challenger."""
