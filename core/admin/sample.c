/*
 * admin/sample.c - writes restante.conf.sample while Restante is built; never installed.
 */
#include "admin/config_print.h"

int main(void)
{
    admin_sample_print(stdout);
    return ferror(stdout) || fflush(stdout) != 0 ? 1 : 0;
}
