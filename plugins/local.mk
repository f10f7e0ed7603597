# Policies in C. Each is a convenience library (for its unit tests), a module made of it, and a link below modules/.
include plugins/access/local.mk
