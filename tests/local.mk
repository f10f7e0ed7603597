# Tests. tests/unit holds one cmocka program per module.
if HAVE_CMOCKA
include tests/unit/local.mk
endif
