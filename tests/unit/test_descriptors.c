#include "unit.h"

#include "master/descriptors.h"

static void what_fits(void **state)
{
    (void)state;
    assert_true(descriptors_fit(1064, 1) == 500);
    assert_true(descriptors_fit(1064, 4) == 2000);
    assert_true(descriptors_fit(1065, 2) == 1000);
    assert_true(descriptors_fit(64, 8) == 0);
    assert_true(descriptors_fit(0, 8) == 0);
    assert_true(descriptors_fit(UINT64_MAX - 1, 256) == UINT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_fits)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
