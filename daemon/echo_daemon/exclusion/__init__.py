"""Which files are never recorded, whatever was chosen: `.echoignore` and built-in patterns."""
