"""html.escape, all that drawings need of html, knows its few characters without this table of 60 kB."""

html5 = name2codepoint = codepoint2name = entitydefs = {}
