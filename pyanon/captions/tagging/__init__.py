"""What each word of a caption is, rule by rule: plain words, names, runs of names, roles."""
