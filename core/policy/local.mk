noinst_LTLIBRARIES += core/policy/libpolicy.la
core_policy_libpolicy_la_SOURCES = \
	core/policy/announcement.c \
	core/policy/answer.c core/policy/answer.h \
	core/policy/decisions.c core/policy/decisions.h \
	core/policy/failure.c core/policy/failure.h \
	core/policy/header.c core/policy/header.h \
	core/policy/stack.c core/policy/stack.h \
	core/policy/text.c core/policy/text.h \
	core/policy/watch.c core/policy/watch.h
