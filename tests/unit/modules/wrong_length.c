/* The right symbol, but four octets long. */
#include <restante/module.h>

extern RESTANTE_EXPORT const uint32_t restante_short __asm__("restante_module");
const uint32_t restante_short = RESTANTE_MODULE_MAGIC;
