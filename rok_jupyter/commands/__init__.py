"""The grammar of `rok` and `%rok`, and the doors through which its verbs reach the service.

Owns what both surfaces share, since surfaces don't import each other. Doesn't own printing, exit statuses or displays.
"""
