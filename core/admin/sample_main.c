/* Writes the sample configuration; run once by make. */
#include "admin/config_print.h"

int main(void)
{
    admin_sample_print(stdout);
    return fflush(stdout) == 0 ? 0 : 1;
}
