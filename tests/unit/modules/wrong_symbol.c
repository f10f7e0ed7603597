/* A shared object that exports something else. */
#include <restante/module.h>

extern RESTANTE_EXPORT const int restante_nothing;
const int restante_nothing = 1;
